/* Which tokens begin, end and pad a text.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_TOKENS_H
#define SA_DESCRIBE_TOKENS_H

#include "describe/config.h"

/* Takes them from config.json and from generation_config.json. What ends a text is what either of them names. */
sa_status config_read_tokens(const struct settings *settings, struct model_config *config);

#endif
