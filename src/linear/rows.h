/* Rows of tensors in and out, and what becomes of them on the way.
 * SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_ROWS_H
#define SA_LINEAR_ROWS_H

#include "linear/attention.h"

/* Features of `count` keys from token `first` on, in m.keys. Returns the factor by which the sums so far have to be
 * multiplied: 1, or less where random features get a larger shift. */
float keys_in(const struct linear_task *task, int64_t first, int64_t count);

/* Features of `count` queries of head h, times the scale. */
void queries_in(const struct linear_task *task, int64_t h, int64_t first, int64_t count, float *rows);

/* exp of the decays of `count` tokens, in m.decay; the first ones times `factor`. */
void decays_in(const struct linear_task *task, int64_t first, int64_t count, float factor);

/* A value with the column of ones and the padding, times beta; returns beta, or 1. */
float value_in(const struct linear_task *task, int64_t token, float *value);

/* Divides a result by its last column if it is to be normalised, and writes it. */
void result_out(const struct linear_task *task, int64_t h, int64_t token, float *result);

#endif
