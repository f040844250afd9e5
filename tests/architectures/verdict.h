/* How far a model's outputs are from what they should be.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_ARCHITECTURES_VERDICT_H
#define TESTS_ARCHITECTURES_VERDICT_H

#include "sample.h"

/* Largest absolute errors that are allowed. Agreement is between ways of giving the same tokens to the same model,
 * relative to numbers above 1: one unit in the last place of a logit of 64 is 8e-6. */
#define STATE_TOLERANCE     1e-4
#define WEIGHT_TOLERANCE    1e-5
#define AGREEMENT_TOLERANCE 1e-5

struct verdict {
    double states, weights, agreement; /* largest errors so far; infinity where there was a NaN */
    long tokens, wrong_tokens;         /* of greedy continuations */
    int failed;
    int is_opened;          /* and no more, for want of a reference */
    char why[REASON_BYTES]; /* the first failure */
};

/* Notes a failure. */
void verdict_fail(struct verdict *v, const char *way, const char *what, const char *detail);

/* Compares the real rows of all outputs that both samples have. */
void verdict_compare(struct verdict *v, const char *way, const struct sample *got, const struct sample *want);

/* The same between two ways of computing. */
void verdict_agree(struct verdict *v, const char *way, const struct sample *got, const struct sample *other);

#endif
