/* The matrices of attention layers, where they are not copied into the layers: if one of them is quantised, or all
 * are converted.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_KEEP_ATTENTION_H
#define SA_MODEL_KEEP_ATTENTION_H

#include "model/keep.h"

/* `block` has the tensors of a block. All are empty, without outputs, if they are the layer's own. */
struct layer_matrices keep_attention(struct keep *keep, const struct stack_config *config, const struct bound *block);
struct layer_matrices keep_cross_attention(struct keep *keep, const struct stack_config *config,
                                           const struct bound *block);

#endif
