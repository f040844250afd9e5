/* config.json: which architecture a model is of, and its sizes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_CONFIG_H
#define SA_MODEL_CONFIG_H

#include "model/architecture.h"
#include "model/file.h"

/* Reads the file. Whatever would change the result and is not supported is refused by name. */
sa_status config_read(struct report *report, const char *path, const struct architecture **architecture,
                      struct model_config *config);

#endif
