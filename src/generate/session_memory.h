/* The memory that a session lends to generation: one block, cut into arrays, kept for the next call.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_MEMORY_H
#define SA_GENERATE_SESSION_MEMORY_H

#include "base/ledger.h"
#include "base/report.h"
#include "generate/session.h"

/* Cuts arrays from a block one after another; with block NULL it only adds up what they need. */
struct cutter {
    char *block;
    struct ledger ledger;
};

/* The next array, [count][width] elements of `size` bytes; NULL without a block. */
void *cut(struct cutter *cutter, const char *name, int64_t count, int64_t width, int64_t size);

/* Makes the session's block as long as the ledger says, and opens it. Its content is lost. */
sa_status session_reserve(struct report *report, sa_session *session, const struct ledger *ledger);

#endif
