/* Tokens that tokenizer_config.json names.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_NAMED_TOKEN_H
#define TOOLS_TEXT_NAMED_TOKEN_H

#include <jansson.h>

/* The text of the token under this key ("pad_token"), which is a string or an object; else `otherwise`, or "" for NULL.
 * free() it. */
char *named_token(const json_t *config, const char *key, const char *otherwise);

#endif
