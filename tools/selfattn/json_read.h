/* JSON files as other programs write them.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_JSON_READ_H
#define TOOLS_JSON_READ_H

#include <jansson.h>

/* The value in a file, json_decref() it; NULL and what is wrong with it. An integer that 64 bits do not hold is read as
 * a real number: Transformers writes 10^30 for "no limit" (model_max_length). */
json_t *json_read(const char *path, json_error_t *error);

#endif
