/* A text that is too long for the weights of all its pairs of words: the strongest links of each word are asked for
 * instead, and memory grows with the text, not with its square.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_LONG_TEXT_H
#define TOOLS_TEXT_LONG_TEXT_H

#include "text/links.h"

struct long_text {
    const struct reading *reading;
    int64_t most, strongest; /* links of a table; keys of a word, those that the tokenizer added included */
    float *weights;          /* [L,H,T,strongest] */
    int32_t *keys;           /* likewise */
};

/* For tables of `most` links. A failure ends the program. */
struct long_text long_text_make(const struct engine *engine, const struct reading *reading, int64_t most);
void long_text_free(struct long_text *text);

struct links long_text_links(const struct long_text *text, const struct link_filter *filter);

#endif
