/* A form of conversations from a JSON file.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_CHAT_FILE_H
#define TOOLS_CHAT_CHAT_FILE_H

#include "chat/chat_form.h"

#include <jansson.h>

/* Reads a form. Its texts stay in *root; json_decref() it. A failure ends the program. */
struct chat_form chat_file_read(const char *path, json_t **root);

#endif
