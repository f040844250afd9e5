/* The matrices of attention layers, where they are not copied into the layers: if one of them is quantised, or all
 * are converted.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_KEEP_ATTENTION_H
#define SA_MODEL_KEEP_ATTENTION_H

#include "model/keep.h"

/* `t` has the tensors of a block. All are empty, without outputs, if they are the layer's own. */
struct layer_matrices keep_attention(struct keep *k, const struct stack_config *c, const struct bound *t);
struct layer_matrices keep_cross_attention(struct keep *k, const struct stack_config *c, const struct bound *t);

#endif
