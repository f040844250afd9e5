/* SPDX-License-Identifier: MIT */
#include "text/named_token.h"

#include <string.h>

char *named_token(const json_t *config, const char *key, const char *otherwise) {
    const json_t *value = json_object_get(config, key);
    const char *text = json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
    return strdup(text ? text : otherwise ? otherwise : "");
}
