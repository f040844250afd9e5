/* An encoder or a decoder of a description.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_CONFIG_STACK_H
#define SA_DESCRIBE_CONFIG_STACK_H

#include "describe/config.h"

/* Reads the section `name`; without one, config->name stays NULL. `context` is the width of what blocks attend to
 * besides themselves, or 0. */
sa_status config_read_stack(const struct section *root, const char *name, int causal, int64_t context,
                            struct stack_config *config);

#endif
