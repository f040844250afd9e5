/* The steps of BERT's tokenizers before the vocabulary is used: clean the text, then cut it into words.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_BERT_TEXT_H
#define SA_TEXT_STEP_BERT_TEXT_H

#include "text/place.h"

/* The options of Hugging Face's BertNormalizer. */
struct bert_rules {
    int clean_text;           /* drop control characters, make all whitespace spaces */
    int handle_chinese_chars; /* put spaces around them */
    int strip_accents;
    int lowercase;
};

/* Normalises valid UTF-8 into `out` and returns the length in bytes; out NULL: only the length. If `places` is not
 * NULL, it gets what each byte of `out` stands for. */
int64_t bert_normalise(const struct bert_rules *rules, struct text text, char *out, struct place *places);

/* Whether nothing is left of the first character. */
int bert_drops_start(const struct bert_rules *rules, struct text text);

/* The next word at or after *at: whitespace separates words, a punctuation character is a word. 0 if there is none;
 * else it is the bytes *first .. *at - 1 of valid text. */
int bert_next_word(const char *text, int64_t bytes, int64_t *at, int64_t *first);

#endif
