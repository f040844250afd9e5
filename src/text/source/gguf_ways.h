/* GGUF names the way in which a text is cut into words.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_SOURCE_GGUF_WAYS_H
#define SA_TEXT_SOURCE_GGUF_WAYS_H

#include <stdint.h>

enum { GGUF_MOST_REGEXES = 6 };
struct gguf_way {
    const char *names[8];
    const char *regexes[GGUF_MOST_REGEXES + 1]; /* each cuts the pieces of the one before */
    int composes;                               /* Unicode's normal form C first */
    int whole_words;                            /* a word that is in the vocabulary is one token */
    int begins; /* if the file does not say: whether a text begins with the first token */
};

/* The way of this name, NULL if it is not known; and the known names, for error texts. */
const struct gguf_way *gguf_way_of(const char *name);
extern const char gguf_ways[];

/* The way at this place of the list, NULL behind the last one. */
const struct gguf_way *gguf_way_at(int64_t index);

#endif
