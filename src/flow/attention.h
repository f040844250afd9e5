/* Attention over a planned problem, by any path.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_ATTENTION_H
#define SA_FLOW_ATTENTION_H

#include "plan/plan.h"

/* Computes the problem's outputs. `scratch` has plan->bytes bytes. */
void attention_run(const struct machine *machine, const struct problem *problem, const struct plan *plan,
                   void *scratch);

/* Tasks, called by attention_run(). The first two compute a whole query block (one row on the plain path), see plan.h.
 * In a split plan, a chunk task computes one chunk of keys for a query block, and a merge task merges the chunks of a
 * query block. */
struct attention_job {
    const struct machine *machine;
    const struct problem *problem;
    const struct plan *plan;
    char *scratch;
};
void attention_plain_task(void *job, int64_t task, int32_t worker);
void attention_block_task(void *job, int64_t task, int32_t worker);
void attention_chunk_task(void *job, int64_t task, int32_t worker);
void attention_merge_task(void *job, int64_t task, int32_t worker);

#endif
