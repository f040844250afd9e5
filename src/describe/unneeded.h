/* Things that a model does not use although its family or its file has them: the decoder beside an encoder that is used
 * alone, and tensors that do not change any result.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_UNNEEDED_H
#define SA_DESCRIBE_UNNEEDED_H

#include "describe/setting.h"

/* Checks the members "ignore" and "encoder_alone" of a description. */
sa_status unneeded_check(const struct section *root);

/* Whether config.json names one of encoder_alone.architectures: the model has no decoder and no output. */
int encoder_is_alone(const struct settings *settings);

/* Whether a tensor of this name does not change any result. In patterns '#' is a number and '*' any text. */
int tensor_is_unneeded(const struct settings *settings, const char *name);

#endif
