/* Numbers that are added to scores and that no rule of a layer knows, [H][T][T]: they depend on more than the distance.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_SCORE_BIAS_H
#define SA_STACK_SCORE_BIAS_H

#include "model/model.h"
#include "plan/machine.h"

/* Whether the stack adds such numbers, and whether they depend on the sequence. */
static inline int adds_score_bias(const struct stack_config *c) {
    return c->positions.kind == POSITIONS_GRID || c->positions.kind == POSITIONS_DISENTANGLED;
}
static inline int score_bias_by_sequence(const struct stack_config *c) {
    return c->positions.kind == POSITIONS_DISENTANGLED;
}

/* Bytes of scratch memory for a sequence of T tokens; -1 if they do not fit. */
int64_t score_bias_bytes(const struct machine *machine, const struct stack *stack, int64_t T);

/* Writes them for a block that reads x [T][E]. score_bias_begin() comes first, once for a block; `scratch` has to stay
 * as it is until its last sequence is done. Both have to run between blas_enter() and blas_leave(). */
void score_bias_begin(const struct machine *machine, const struct stack *stack, const struct model_block *block,
                      int64_t T, char *scratch);
void score_bias_run(const struct machine *machine, const struct stack *stack, const struct model_block *block,
                    int64_t T, const float *x, float *bias, char *scratch);

#endif
