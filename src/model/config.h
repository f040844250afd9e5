/* Settings in config.json's words: which architecture a model is of, and its sizes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_CONFIG_H
#define SA_MODEL_CONFIG_H

#include "model/architecture.h"
#include "model/json.h"

/* Takes what the library knows. Whatever would change the result and is not supported is refused by name. */
sa_status config_read(const struct json_source *source, const json_t *root, const struct architecture **architecture,
                      struct model_config *config);

#endif
