/* Columns of scores of all kinds, and what one step of the online softmax has to make of them.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_KERNEL_SOFTMAX_STEP_H
#define TESTS_KERNEL_SOFTMAX_STEP_H

#include "kernel/tables.h"

/* What a column of scores is made of. */
enum kind { ORDINARY, SHARP, SOME_HIDDEN, ALL_HIDDEN, SOME_NAN, HUGE_LOGITS, INFINITE, DENORMAL, KINDS };
float kind_score(struct rng *rng, enum kind kind);
extern const char *const kind_names[KINDS];

/* A column's maximum and total so far: nothing, something, or more than it will meet. */
void column_start(struct rng *rng, float *maximum, float *total);

/* exp(from - to), at least FLT_MIN; 1 where from is not below to. */
double worth(float from, float to);

/* One column: its scores, `step` floats apart, and what came of it. */
struct column {
    const float *scores;
    int64_t step, count;
    float maximum_before, total_before, maximum, total, shrink;
    double relative, absolute; /* what each weight may be off beyond the bound of lane kernels */
    double total_relative;     /* what the total may be off against the sum of the weights, beyond its own rounding */
};
void column_check(const struct column *c, const double *weights, struct worst *worst, const char *what);

#endif
