/* Packs groups of rows of X for lane and matrix kernels, and stores a group's sums as rows of Y.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_PROJECT_PROJECT_GROUPS_H
#define SA_FLOW_PROJECT_PROJECT_GROUPS_H

#include "base/ledger.h"
#include "flow/project/project.h"

struct groups {
    const struct machine *machine;
    struct projection p;
    int64_t parts;        /* bf16 per float; 0: no matrix kernels are used */
    int64_t rows, count;  /* rows of all batches together, and groups of them */
    int64_t width;        /* rows of a group; the last may be narrower */
    int64_t depth;        /* inputs, for matrix kernels padded */
    struct ledger memory; /* of one packed group */
};

/* Cuts the rows of a projection into groups; groups->memory says whether sizes fit. */
void groups_make(struct groups *groups, const struct machine *machine, const struct projection *p);

int64_t group_rows(const struct groups *groups, int64_t group);

/* By lanes, the packed width of a group, a multiple of the kernels' lanes. */
int64_t group_width(const struct groups *groups, int64_t group);

/* spare has room for width * in floats. */
void group_pack(const struct groups *groups, int64_t group, void *to, float *spare);

/* Prefetches the memory of Y for outputs first .. first + count of the group's rows: a share of it in each of `steps`
 * calls. */
void group_prefetch(const struct groups *groups, int64_t group, int64_t first, int64_t count, int64_t step,
                    int64_t steps);

/* Stores sums[count][group_width()] and the bias as outputs first .. first + count. spare has room for width * count
 * floats. */
void group_store(const struct groups *groups, int64_t group, int64_t first, int64_t count, const float *sums,
                 float *spare);

/* The same with matrix kernels: sums[width][MATRIX_UNIT] of at most MATRIX_UNIT outputs. spare has room for them. */
void group_store_rows(const struct groups *groups, int64_t group, int64_t first, int64_t count, const float *sums,
                      float *spare);

#endif
