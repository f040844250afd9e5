/* Tensors that a file has and that do not change any result.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_UNNEEDED_H
#define SA_DESCRIBE_UNNEEDED_H

#include "describe/setting.h"

/* Checks the member "ignore" of a description. */
sa_status unneeded_check(const struct section *root);

/* Whether a tensor of this name does not change any result. In patterns '#' is a number and '*' any text. */
int tensor_is_unneeded(const struct settings *settings, const char *name);

#endif
