/* Attention over a planned problem, by either path.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_ATTENTION_H
#define SA_FLOW_ATTENTION_H

#include "plan/plan.h"

/* Computes the problem's outputs. `scratch` has plan->bytes bytes. */
void attention_run(const struct machine *machine, const struct problem *problem, const struct plan *plan,
                   void *scratch);

/* One task of each path, called by attention_run(): see plan.h for what a task is. */
struct attention_job {
    const struct machine *machine;
    const struct problem *problem;
    const struct plan *plan;
    char *scratch;
};
void attention_plain_task(void *job, int64_t task, int32_t worker);
void attention_tiled_task(void *job, int64_t task, int32_t worker);

#endif
