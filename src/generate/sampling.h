/* From a row of logits to a token: the steps of sa_sampling, as pure functions.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SAMPLING_H
#define SA_GENERATE_SAMPLING_H

#include "base/report.h"
#include "kernel/kernel.h"
#include "selfattn_models.h"

/* A token that may be drawn. */
struct candidate {
    float logit;
    int32_t id;
    double weight; /* summed up by selections: 1, or the probability times a common factor */
};

/* Checks a caller's struct, which may be NULL, and copies it to *sampling, with defaults filled in. */
sa_status sampling_take(struct report *report, const sa_sampling *args, sa_sampling *sampling);

/* Whether occurrences of tokens have to be counted. */
int sampling_has_penalties(const sa_sampling *sampling);

/* Candidates of memory that sampling_choose() needs for V tokens; 0 where it is greedy. */
int64_t sampling_work(const sa_sampling *sampling, int64_t V);

/* Chooses a token from logits [V]; -1 if none is finite or one is +infinity. occurrences [V] says how often each token
 * stands in the text so far; NULL without penalties. `uniform`, in [0, 1), decides the draw. */
int32_t sampling_choose(const sa_sampling *sampling, const float *logits, int64_t V, const int32_t *occurrences,
                        double uniform, struct candidate *work);

/* Random number n of a seed, in [0, 1). */
double sampling_uniform(uint64_t seed, uint64_t n);

/* log(sum of exp(logits)); work [V] floats. */
double log_sum_exp(const struct kernels *kernels, const float *logits, int64_t V, float *work);

#endif
