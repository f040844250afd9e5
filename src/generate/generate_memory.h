/* The memory that generation works in: one block per session, cut into arrays, kept for the next call.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_GENERATE_MEMORY_H
#define SA_GENERATE_GENERATE_MEMORY_H

#include "base/report.h"
#include "generate/session.h"

/* Cuts arrays from a block one after another; with block NULL it only adds up what they need. */
struct cutter {
    char *block;
    int64_t bytes; /* used so far; -1: more than fits into 63 bits */
};

/* The next array, NULL without a block. */
void *cut(struct cutter *cutter, int64_t count, int64_t size);

/* Makes the session's block at least `bytes` long; -1 is refused. Its content is lost. */
sa_status generate_reserve(struct report *report, sa_session *session, int64_t bytes);

#endif
