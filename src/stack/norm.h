/* LayerNorm (Ba et al. 2016): y = (x - mean) / sqrt(variance + epsilon) * weight + bias, over each row; and RMSNorm
 * (Zhang and Sennrich 2019): y = x / sqrt(mean of squares + epsilon) * weight.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_NORM_H
#define SA_STACK_NORM_H

#include "model/model.h"
#include "parallel/parallel.h"

/* What a row is made smaller by, and multiplied with: its mean (0 for RMSNorm), and 1 / sqrt(variance + epsilon). */
void norm_moments(const struct norm *norm, const float *x, double *mean, double *factor);

/* Normalises a row; y may be x. Within 1e-6 of the row's scale. */
void norm_row(const struct norm *norm, const float *x, float *y);

/* y = norm(x) for `rows` contiguous rows. */
void norm_rows(const struct parallel *parallel, const struct norm *norm, int64_t rows, const float *x, float *y);

/* What happens to each row of the state behind a sub-layer, so that it passes through memory once. */
struct join {
    float *state;           /* [rows][width]  in and out */
    float *change, *second; /* [rows][width]  what one sub-layer, or two at once (else NULL), come to; overwritten */
    const struct norm *after, *next; /* `after` normalises the change; `next` the sum. NULL: not */
    float *normed; /* [rows][width]  where the normalised sum goes; the state itself, if that is to be it */
    int of_normed; /* the change is added to `normed`, what the sub-layer was made of, not to the state */
};

/* state = state + after(change) + second, normed = next(state). */
void join_rows(const struct parallel *parallel, const struct join *join, int64_t width, int64_t rows);

#endif
