/* The tokens that begin, end and pad a text.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_TOKENS_H
#define SA_DESCRIBE_TOKENS_H

#include "describe/config.h"

/* Reads them from config.json and generation_config.json. Tokens that end a text are those of both files. */
sa_status config_read_tokens(const struct settings *settings, struct model_config *config);

#endif
