/* One text as a model reads it: its words and how much each looks at each.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_READING_H
#define TOOLS_TEXT_READING_H

#include "engine.h"

struct reading {
    int64_t layers, heads, count; /* L, H, T */
    char **word;                  /* [T] tokens as the vocabulary spells them, or whole words after reading_join() */
    unsigned char *special;       /* [T] whether the tokenizer added it */
    struct tokens tokens;         /* their numbers */
    float *weight; /* [L,H,T,T] layer, head, the word that looks, the word looked at; NULL: the text is too long */
};

/* Runs the model on a text. A failure ends the program, here and below. */
struct reading reading_make(const struct engine *engine, const char *text);

/* The same without weights if they would be more than 1 GiB. */
struct reading reading_make_any(const struct engine *engine, const char *text);
void reading_free(struct reading *reading);

/* The [T,T] weights of one head. */
const float *reading_map(const struct reading *reading, int64_t layer, int64_t head);

/* Puts the pieces of a word ("token", "##ize") together. A whole word looks as its pieces do on average, and what looks
 * at it is the sum of what looks at its pieces (Clark et al., "What Does BERT Look At?", 2019), so rows still sum to 1.
 */
void reading_join(struct reading *reading);

/* The same for pieces that are put together some other way: token t belongs to word group[t], 0 .. groups - 1 in order,
 * and `mark` bytes are left out at the beginning of pieces that do not begin their word. */
void reading_join_by(struct reading *reading, const int64_t *group, int64_t groups, int mark);

/* The position of the nth (from 1) occurrence of a word, written as the user or as the vocabulary spells it. A text
 * without it is a usage error. */
int64_t reading_find(const struct reading *reading, const struct engine *engine, const char *word, int nth);

#endif
