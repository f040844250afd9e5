/* How the makers of a model generate with it: generation_config.json, or config.json of older models.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_GENERATION_H
#define SA_DESCRIBE_GENERATION_H

#include "describe/config.h"

/* Reads it; where neither file says anything there are no defaults. Malformed values are refused; what the library does
 * not do is only remembered by name. */
sa_status generation_read(const struct settings *settings, struct generation_config *config);

#endif
