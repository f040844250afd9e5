/* Families of models: a description in JSON for each model_type, built in or from the model's directory.
 * docs/architectures.md has the format.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_ARCHITECTURE_H
#define SA_DESCRIBE_ARCHITECTURE_H

#include "base/memory.h"
#include "file/json.h"

/* The files in src/describe/architectures, by name without .json. */
extern const struct built_in built_in_architectures[];

/* The description for this model_type: the directory's architecture.json, if there is a directory and it has one, or
 * the one that is given, if it is not NULL, or the built-in one. The description that "like" names is merged into it;
 * *own is the description without that. json_decref() both. */
sa_status architecture_find(const struct allocator *memory, const struct json_source *config, const char *directory,
                            const char *model_type, const json_t *given, json_t **description, json_t **own);

#endif
