/* LayerNorm (Ba et al. 2016): y = (x - mean) / sqrt(variance + epsilon) * weight + bias, over each row.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_LAYER_NORM_H
#define SA_MODEL_LAYER_NORM_H

#include "model/model.h"
#include "parallel/parallel.h"

/* Normalises one row in place. Within 1e-6 of the row's scale. */
void layer_norm_row(const struct norm *norm, float *x);

/* x = LayerNorm(x + added) for `rows` contiguous rows. */
void add_and_norm(const struct parallel *parallel, const struct norm *norm, int64_t rows, float *x, const float *added);

#endif
