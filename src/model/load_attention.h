/* The attention layers of a stack.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_LOAD_ATTENTION_H
#define SA_MODEL_LOAD_ATTENTION_H

#include "model/model.h"

/* Fills in attention, cross and window of each block; does nothing for a stack that is not there. */
sa_status load_attention(sa_ctx *ctx, const struct settings *settings, const struct bound_stack *bound,
                         struct stack *stack);

#endif
