/* The regular expressions of GPT-2, GPT-4, Llama 3 and Qwen, by which most byte-level tokenizers cut a text into words,
 * are recognised by their text and run by hand. So a library without PCRE2 reads most models, and it is faster.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_SPLIT_H
#define SA_TEXT_STEP_SPLIT_H

#include <stdint.h>

enum split_pattern {
    SPLIT_GPT2,  /* a space belongs to the word behind it; digits stay together */
    SPLIT_LLAMA3 /* also GPT-4 and Qwen: any one character but a digit or line break belongs to the letters behind it;
                  * line breaks to the symbols before them; digits in groups */
};

struct split_rules {
    enum split_pattern pattern;
    int64_t most_digits; /* of a group, for SPLIT_LLAMA3 */
};

/* Finds the rules of a regular expression; 0 if it is not known. */
int split_rules_of(const char *regex, struct split_rules *rules);

/* The end of the word that begins at byte `at` < bytes of valid text. */
int64_t split_next(const struct split_rules *rules, const char *text, int64_t bytes, int64_t at);

#endif
