/* Which words of a text its tokens belong to.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_WORDS_H
#define TOOLS_CLASSIFIER_WORDS_H

#include "engine.h"

/* Bytes begin .. end - 1 of the text, and how many tokens begin in them, or in the white space before. */
struct word {
    int64_t begin, end, tokens;
};

struct words {
    int64_t count;
    struct word *word;
};

/* Words stand between white space; a mark of punctuation, and a character of Chinese or Japanese, is a word by itself.
 * Thai, Lao, Burmese and Khmer have words where tokens begin. Longer words than 96 bytes become several. A failure ends
 * the program, here and below. */
struct words words_cut(const struct engine *engine, const char *text);
void words_free(struct words *words);

/* The words from `first` on that become at most `room` tokens, at least one: the index behind the last of them. */
int64_t words_that_fit(const struct words *words, int64_t first, int64_t room);

/* Where the words begin that are read next, after first .. last - 1: a third of the room is read twice. */
int64_t words_next(const struct words *words, int64_t first, int64_t last, int64_t room);

/* A copy of the text from word `first` to word `last` - 1; free() it. */
char *words_text(const struct words *words, const char *text, int64_t first, int64_t last);

/* Words that a token stands for; mostly one. Of white space between two words, `first` is the one behind it, and `last`
 * the one before: first = last + 1. */
struct span {
    int64_t first, last; /* the last one too */
};

/* Writes what each of the `count` tokens stands for that words first .. last - 1 became together, to spans [count]. */
void words_align(const struct engine *engine, const struct words *words, const char *text, int64_t first, int64_t last,
                 int64_t count, struct span *spans);

#endif
