/* Pieces of a text that are searched on their own: some sentences, of which neighbours share one.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_FOLDER_CHUNKS_H
#define TOOLS_FOLDER_CHUNKS_H

#include "engine.h"

struct chunk {
    int64_t offset, line; /* of its first byte; lines count from 1 */
    char *text;           /* its white space is single spaces */
};

struct chunks {
    int64_t count;
    struct chunk *chunk; /* [count] */
};

/* Cuts a text so that each chunk has at most 128 tokens, or what the model reads if that is less. */
struct chunks chunks_make(const struct engine *engine, const char *text);

#endif
