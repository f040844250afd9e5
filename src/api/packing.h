/* Packed sequences: the rules of sa_packing.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_PACKING_H
#define SA_API_PACKING_H

#include "base/report.h"
#include "plan/problem.h"

/* The axes that sequences are packed on, as the caller's tensors have them. */
struct packed_axes {
    const char *batch_name, *query_name, *key_name; /* "query.size[0]", ... */
    int64_t batch, queries, keys;
    int own_keys; /* whether keys have an axis of their own; otherwise they are the queries' tokens */
};

/* Checks the packing, and makes B, T and S of the problem those of its sequences, the longest ones. */
sa_status take_packing(struct report *report, const sa_packing *packing, const struct packed_axes *axes,
                       struct problem *p);

#endif
