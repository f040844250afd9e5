/* How byte-level tokenizers cut a text into words; no token crosses the end of a word. Their files use one of a few
 * regular expressions, which are recognised by their text.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_SPLIT_H
#define SA_TEXT_SPLIT_H

#include <stdint.h>

enum split_pattern {
    SPLIT_NOWHERE,
    SPLIT_GPT2,  /* a space belongs to the word behind it; digits stay together */
    SPLIT_LLAMA3 /* also GPT-4 and Qwen: any one character but a digit or line break belongs to the letters behind it;
                  * line breaks to the symbols before them; digits in groups */
};

struct split_rules {
    enum split_pattern pattern;
    int64_t most_digits; /* of a group, for SPLIT_LLAMA3 */
    int digits_apart;    /* each digit is cut out first, before the pattern is looked for */
};

/* Finds the rules of a regular expression; 0 if it is not known. */
int split_rules_of(const char *regex, struct split_rules *rules);

/* The end of the word that begins at byte `at` < bytes of valid text. *limit, which no word may pass, belongs to this
 * function; it is 0 before the first word. */
int64_t split_next(const struct split_rules *rules, const char *text, int64_t bytes, int64_t at, int64_t *limit);

#endif
