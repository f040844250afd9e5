/* The feed-forward part of a block: y = down(gelu(up(x))), row by row.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_FEED_FORWARD_H
#define SA_MODEL_FEED_FORWARD_H

#include "model/model.h"
#include "plan/machine.h"

/* x[i] = x/2 * (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016), the exact form. */
void gelu(float *x, int64_t n);

/* Rows x [rows][up->in] to rows y [rows][down->out]; inner has room for [rows][up->out], scratch for feed_forward_bytes() bytes. Has to run
 * between blas_enter() and blas_leave(). */
void feed_forward(const struct machine *machine, const struct linear *up, const struct linear *down, int64_t rows,
                  const float *x, float *inner, float *y, void *scratch);

/* -1 if that does not fit. */
int64_t feed_forward_bytes(const struct machine *machine, const struct linear *up, const struct linear *down,
                           int64_t rows);

#endif
