/* Checks of callers' gradients, which those of attention and of layers share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_GRADIENT_GRADIENTS_H
#define SA_API_GRADIENT_GRADIENTS_H

#include "api/tensor.h"
#include "flow/backward/backward.h"

/* The gradient `t` of the tensor `of`, which has the same sizes, whose names are in `source`. To be written
 * (USE_OUTPUT): float32; without data it is not wanted, and the view is left as it is. To be read (USE_INPUT): of any
 * type. */
sa_status take_gradient(struct report *report, const sa_tensor *t, const char *name, const sa_tensor *of,
                        const char *const source[4], enum use use, int data_needed, struct view *view);

/* Refuses calls that have no gradients. */
sa_status check_differentiable(struct report *report, const sa_cache *cache, const sa_summaries *summaries,
                               const sa_score_callbacks *callbacks, const sa_tensor *weights);

/* The gradient of the call's mask. */
sa_status take_mask_gradient(struct report *report, const sa_masking *masking, const sa_tensor *t, int data_needed,
                             const struct problem *p, struct gradients *g);

/* Those of the arrays of the call's rules: [H], [H,2R+1] and [H]. */
sa_status take_rule_gradients(struct report *report, float *alibi_slopes, float *relative_bias, float *sink_logits,
                              const struct problem *p, struct gradients *g);

/* Sets a gradient that is summed up in place to 0; without data, nothing. */
void clear_gradient(const sa_tensor *t);

#endif
