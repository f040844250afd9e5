/* Attention over several sets of keys becomes attention over all of them. A task is one query head of one sequence.
 *
 *     lse = log(sum over i of exp(lse_i)),  output = sum over i of exp(lse_i - lse) output_i
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_MERGE_H
#define SA_FLOW_MERGE_H

#include "plan/machine.h"
#include "plan/problem.h"

struct merge {
    int64_t B, H, T, Dv, count;
    const sa_tensor *outputs, *lses; /* [count], checked */
    struct view output, lse;         /* lse.data NULL: not wanted */
};

/* Bytes of scratch memory; -1 if they do not fit. */
int64_t merge_bytes(const struct machine *machine, const struct merge *m);
void merge_run(const struct machine *machine, const struct merge *m, void *scratch);

#endif
