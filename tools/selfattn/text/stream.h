/* The text of new tokens, shown and kept as it comes: whole characters only, and nothing that may turn out to be part
 * of a stop string.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_STREAM_H
#define TOOLS_TEXT_STREAM_H

#include "engine.h"

#include <stdio.h>

struct stream {
    const struct engine *engine;
    FILE *output;     /* NULL: the text is only kept */
    const char *lead; /* shown before it; NULL: nothing */
    char *text;       /* what was shown, NUL-terminated */
    int64_t bytes, room;
    sa_text_stream *source;
};

/* Nothing is shown before the first token has come. `before` is the last token of the prompt, since whether a space
 * stands between depends on it; -1: there is none. The text ends before the first of the stops, a list that NULL ends;
 * NULL: none. */
struct stream stream_begin(const struct engine *engine, FILE *output, char *const *stops, int32_t before);

/* How many strings such a list has. */
int64_t stream_stop_count(char *const *stops);

/* Adds a token and shows what is certain; a failure ends the program. */
void stream_add(struct stream *stream, int32_t token);

/* Shows what was held back. */
void stream_end(struct stream *stream);

void stream_free(struct stream *stream);

#endif
