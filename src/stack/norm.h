/* The norms of a model (base/norm.h) over rows of its state.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_NORM_H
#define SA_STACK_NORM_H

#include "model/model.h"
#include "parallel/parallel.h"

/* Normalises a row; y may be x. */
void norm_row(const struct norm *norm, const float *x, float *y);

/* y = norm(x) for `rows` contiguous rows. */
void norm_rows(const struct parallel *parallel, const struct norm *norm, int64_t rows, const float *x, float *y);

/* All work on a row of the state between two sub-layers, so that it is read and written once. */
struct join {
    float *state; /* [rows][width]  in and out */
    float *change,
        *second; /* [rows][width]  results of one sub-layer, or of two parallel ones (otherwise NULL); overwritten */
    const struct norm *after, *next; /* `after` normalises the change, `next` the sum. NULL: no norm */
    const float *scale;              /* [width]  the change is then multiplied by this; NULL: it is not */
    float *normed;                   /* [rows][width]  the normalised sum; may be the state itself */
    int of_normed;                   /* the change is added to `normed`, the sub-layer's input, not to the state */
    float multiplier;                /* of the change, or of both */
};

/* state = state + m scale after(change) + m second, normed = next(state). */
void join_rows(const struct parallel *parallel, const struct join *join, int64_t width, int64_t rows);

#endif
