/* Files with several models, as CLIP's for texts and for images. config.json has an object of settings for each, and
 * the description says in "parts" which one that is, and which built-in description reads it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_PART_H
#define SA_DESCRIBE_PART_H

#include "base/memory.h"
#include "file/json.h"

/* Replaces the settings and both descriptions by those of the part of this name; NULL: nothing was chosen. Without
 * "parts" in the description all stays as it is, and only NULL is accepted. */
sa_status part_choose(const struct allocator *memory, const struct json_source *source, const char *part,
                      json_t **config, json_t **description, json_t **own);

#endif
