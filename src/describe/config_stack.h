/* An encoder or a decoder of a description.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_CONFIG_STACK_H
#define SA_DESCRIBE_CONFIG_STACK_H

#include "describe/config.h"

/* Reads the section `name`; without one, config->name stays NULL. `context` is the width of the rows that
 * cross-attention reads, or 0. */
sa_status config_read_stack(const struct section *root, const char *name, int causal, int64_t context,
                            struct stack_config *config);

/* Read its sections "input", "positions" and "attention", in this order, after the sizes. */
sa_status config_read_input(const struct section *stack, int64_t width, struct input_config *input);
sa_status config_read_convolutions(const struct section *section, int has_bias,
                                   struct convolution_config *convolutions);
sa_status config_read_positions(const struct section *stack, struct stack_config *config);
sa_status config_read_attention(const struct section *stack, struct stack_config *config);

/* What stands behind an encoder: pooler, classifier, projection. */
sa_status config_read_ends(const struct section *root, struct model_config *config);

sa_status config_read_feed_forward(const struct section *stack, struct stack_config *config);

/* Its experts, after the rest of the section. */
sa_status config_read_experts(const struct section *feed_forward, struct stack_config *c);

/* Says which blocks have experts. */
sa_status config_expert_blocks(const struct section *experts, struct stack_config *config);

/* Whether config.json says that the model was saved from a class that classifies texts or their tokens. */
int config_names_classifier(const struct settings *settings);

#endif
