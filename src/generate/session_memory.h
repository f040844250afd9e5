/* The memory of generation in a session: one allocation, cut into arrays, kept for the next call.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_MEMORY_H
#define SA_GENERATE_SESSION_MEMORY_H

#include "base/ledger.h"
#include "base/report.h"
#include "generate/session.h"

/* Cuts an allocation into arrays, one after the other; if it is NULL, only adds up their sizes. */
struct cutter {
    char *base;
    struct ledger ledger;
};

/* The next array, [count][width] elements of `size` bytes; NULL without an allocation. */
void *cut(struct cutter *cutter, const char *name, int64_t count, int64_t width, int64_t size);

/* Makes the session's memory as large as the ledger says, and opens the ledger. The old content is lost. */
sa_status session_reserve(struct report *report, sa_session *session, const struct ledger *ledger);

#endif
