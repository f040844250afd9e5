/* How a GGUF file's settings become those of a config.json, and the part of it that is about rotation.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_GGUF_ROTATION_H
#define SA_FILE_GGUF_ROTATION_H

#include "file/gguf.h"

enum { GGUF_KEY_BYTES = 100, GGUF_MOST_BLOCKS = 65536 };

/* The file that is translated, and the settings so far. */
struct translation {
    const struct gguf *gguf;
    const struct tensor_file *file;
    const json_t *family;
    const char *architecture;
    json_t *config;
};

/* Sets a member; takes `value`, which is NULL if there was no memory for it. */
sa_status gguf_put(const struct translation *t, const char *key, json_t *value);

/* Keys begin with the architecture's name and a dot. Returns `text`. */
const char *gguf_full_key(const struct translation *t, const char *key, char text[GGUF_KEY_BYTES]);

/* Base, scaling and factors of the frequencies. */
sa_status gguf_put_rotation(const struct translation *t);

#endif
