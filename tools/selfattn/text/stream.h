/* The text of new tokens, shown as it comes: whole characters only, and nothing that may turn out to be part of a stop
 * string.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_STREAM_H
#define TOOLS_TEXT_STREAM_H

#include "engine.h"

#include <stdio.h>

struct stream {
    const struct engine *engine;
    FILE *output;       /* NULL: the text is only kept */
    const char *lead;   /* shown before it; NULL: nothing */
    char *const *stops; /* NULL-terminated; the text ends before the first of them */
    int32_t *id;        /* the token before the new ones, then these */
    int64_t count, room;
    char *text;                    /* of the new tokens, NUL-terminated */
    int64_t bytes, shown, skipped; /* skipped: of the token before */
    int64_t end;                   /* where the first stop string begins; -1: nowhere yet */
};

/* Nothing is shown before the first token has come. `before` is the last token of the prompt, since whether a space
 * stands between depends on it; -1: there is none. */
struct stream stream_begin(const struct engine *engine, FILE *output, char *const *stops, int32_t before);

/* Adds a token and shows what is certain; a failure ends the program. */
void stream_add(struct stream *stream, int32_t token);

/* Shows the rest and cuts the text off before the stop string. */
void stream_end(struct stream *stream);

void stream_free(struct stream *stream);

#endif
