/* The block of a pooler by attention: a learned query attends to all tokens, and its result x becomes x +
 * feed_forward(norm(x)) (Lee et al., "Set Transformer", 2019; SigLIP's images).
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_POOLER_BLOCK_H
#define SA_STACK_POOLER_BLOCK_H

#include "stack/pooler.h"

/* Bytes of scratch memory; -1 if they do not fit. 0 for a model without such a block. */
int64_t pooler_block_bytes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T);

/* y [B][E]. Has to run between blas_enter() and blas_leave(). */
void pooler_block_run(const struct machine *machine, const struct pooler_input *in, float *y, char *scratch);

#endif
