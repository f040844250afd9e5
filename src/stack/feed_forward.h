/* The feed-forward sub-layer of a block, row by row: y = down(f(up(x))), or with a gate down(f(gate(x)) * up(x)),
 * element by element (Shazeer, "GLU Variants Improve Transformer", 2020). Or experts, each of which is that.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_FEED_FORWARD_H
#define SA_STACK_FEED_FORWARD_H

#include "stack/activation.h"
#include "stack/experts.h"

/* A matrix applied to contiguous rows. Has to run between blas_enter() and blas_leave(). */
void apply_linear(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x, float *y,
                  void *scratch);

/* Bytes of scratch memory for that; -1 if they do not fit. */
int64_t apply_linear_bytes(const struct machine *machine, const struct linear *linear, int64_t rows);

/* Memory of the sub-layers of a stack. The numbers are places in scratch memory, in bytes. */
struct feed_forward_plan {
    int64_t inner; /* float [rows][F]  between the matrices, ... */
    int64_t gate;  /* float [rows][F]  ... and the gate */
    struct experts_plan experts;
    int64_t work, work_bytes; /* the scratch memory of products */
    struct ledger scratch;
};

/* Plans the sub-layers of all blocks for so many rows; 0 if sizes do not fit, else 1. */
int feed_forward_plan(const struct machine *machine, const struct stack *stack, int64_t rows,
                      struct feed_forward_plan *plan);

/* Rows x [rows][E] to rows y [rows][E], for at most as many rows as planned, in plan->scratch.bytes bytes. Has to run
 * between blas_enter() and blas_leave(). */
void feed_forward_run(const struct machine *machine, const struct stack_config *config, const struct model_block *block,
                      const struct feed_forward_plan *plan, int64_t rows, const float *x, float *y, char *scratch);

#endif
