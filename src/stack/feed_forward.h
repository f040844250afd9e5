/* The feed-forward sub-layer of a block, row by row: y = down(f(up(x))), or with a gate down(f(gate(x)) * up(x)),
 * element by element (Shazeer, "GLU Variants Improve Transformer", 2020).
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_FEED_FORWARD_H
#define SA_STACK_FEED_FORWARD_H

#include "model/model.h"
#include "plan/machine.h"
#include "stack/activation.h"

/* A matrix applied to contiguous rows. Has to run between blas_enter() and blas_leave(). */
void apply_linear(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x, float *y,
                  void *scratch);

/* Bytes of scratch memory for that; -1 if they do not fit. */
int64_t apply_linear_bytes(const struct machine *machine, const struct linear *linear, int64_t rows);

/* Rows x [rows][E] to rows y [rows][E]; inner has room for [rows][F], gate too if the block has one, scratch for
 * feed_forward_bytes() bytes. Has to run between blas_enter() and blas_leave(). */
void feed_forward(const struct machine *machine, const struct model_block *block, enum activation f, int64_t rows,
                  const float *x, float *inner, float *gate, float *y, void *scratch);

/* -1 if that does not fit. */
int64_t feed_forward_bytes(const struct machine *machine, const struct model_block *block, int64_t rows);

#endif
