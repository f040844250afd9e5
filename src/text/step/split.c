/* Each alternative of a pattern is a function that returns the end of its match, or 0. The first alternative that
 * matches wins.
 * SPDX-License-Identifier: MIT */
#include "text/step/split.h"

#include "base/compiler.h"
#include "text/characters.h"

#include <string.h>

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define WORD_START   "[^\\r\\n\\p{L}\\p{N}]?"
#define REST         "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

static const struct {
    const char *regex;
    struct split_rules rules;
} known[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", {SPLIT_GPT2, 0}},
    {CONTRACTIONS "|" WORD_START "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" REST, {SPLIT_LLAMA3, 3}},
    {CONTRACTIONS "|" WORD_START "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" REST, {SPLIT_LLAMA3, 1}},
    /* Equal to the first of these two, written with less backtracking. */
    {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|"
     "\\s+(?!\\S)|\\s+",
     {SPLIT_LLAMA3, 3}},
};

int split_rules_of(const char *regex, struct split_rules *rules) {
    for (int64_t i = 0; i < COUNT_OF(known); i++)
        if (!strcmp(regex, known[i].regex)) {
            *rules = known[i].rules;
            return 1;
        }
    return 0;
}

enum kind { LETTER, DIGIT, SPACE, OTHER };

static enum kind kind_of(int32_t c) {
    if (is_letter(c)) return LETTER;
    if (is_number(c)) return DIGIT;
    return is_whitespace(c) ? SPACE : OTHER;
}

/* The end of the longest run of characters of a kind from `at` on, at most `most` of them. */
static int64_t end_of_run(enum kind kind, const char *text, int64_t bytes, int64_t at, int64_t most) {
    int32_t c;
    while (at < bytes && most--) {
        int64_t length = next_character(text + at, bytes - at, &c);
        if (kind_of(c) != kind) break;
        at += length;
    }
    return at;
}

static int is_break(char c) {
    return c == '\r' || c == '\n';
}

/* 's 't 're 've 'm 'll 'd */
static int64_t contraction(const char *text, int64_t bytes, int64_t at, int any_case) {
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    if (text[at] != '\'') return 0;
    for (int64_t i = 0; i < COUNT_OF(endings); i++) {
        int64_t n = (int64_t)strlen(endings[i]), same = 0;
        while (same < n && at + 1 + same < bytes) {
            char c = text[at + 1 + same];
            if (any_case && c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
            if (c != endings[i][same]) break;
            same++;
        }
        if (same == n) return at + 1 + n;
    }
    /* The long s: for Unicode it is another case of s. */
    return any_case && at + 2 < bytes && !memcmp(text + at + 1, "\xc5\xbf", 2) ? at + 3 : 0;
}

/* One or more characters of a kind, and one space before them if there is one. */
static int64_t after_space(enum kind kind, const char *text, int64_t bytes, int64_t at) {
    const int64_t from = at + (text[at] == ' '), end = end_of_run(kind, text, bytes, from, INT64_MAX);
    return end > from ? end : 0;
}

/* Whitespace without its last character, which belongs to what follows. With it, if it is alone or nothing follows. */
static int64_t spaces(const char *text, int64_t bytes, int64_t at) {
    int64_t end = end_of_run(SPACE, text, bytes, at, INT64_MAX), last = end;
    if (end == at || end == bytes) return end;
    do last--;
    while (((unsigned char)text[last] & 0xc0) == 0x80);
    return last > at ? last : end;
}

static int64_t next_gpt2(const char *text, int64_t bytes, int64_t at) {
    int64_t end = contraction(text, bytes, at, 0);
    if (!end) end = after_space(LETTER, text, bytes, at);
    if (!end) end = after_space(DIGIT, text, bytes, at);
    if (!end) end = after_space(OTHER, text, bytes, at);
    return end ? end : spaces(text, bytes, at);
}

/* Letters, and one character before them that is neither digit nor line break. */
static int64_t letters(const char *text, int64_t bytes, int64_t at) {
    int32_t c;
    int64_t from = at, length = next_character(text + at, bytes - at, &c);
    enum kind kind = kind_of(c);
    if (kind == DIGIT || is_break(text[at])) return 0;
    if (kind != LETTER) from += length;
    int64_t end = end_of_run(LETTER, text, bytes, from, INT64_MAX);
    return end > from ? end : 0;
}

static int64_t symbols(const char *text, int64_t bytes, int64_t at) {
    int64_t end = after_space(OTHER, text, bytes, at);
    while (end && end < bytes && is_break(text[end])) end++;
    return end;
}

/* Whitespace up to the last line break in it. */
static int64_t breaks(const char *text, int64_t bytes, int64_t at) {
    int64_t end = end_of_run(SPACE, text, bytes, at, INT64_MAX);
    while (end > at && !is_break(text[end - 1])) end--;
    return end > at ? end : 0;
}

static int64_t next_llama3(const char *text, int64_t bytes, int64_t at, int64_t most_digits) {
    int64_t end = contraction(text, bytes, at, 1), digits;
    if (!end) end = letters(text, bytes, at);
    if (!end && (digits = end_of_run(DIGIT, text, bytes, at, most_digits)) > at) end = digits;
    if (!end) end = symbols(text, bytes, at);
    if (!end) end = breaks(text, bytes, at);
    return end ? end : spaces(text, bytes, at);
}

int64_t split_next(const struct split_rules *rules, const char *text, int64_t bytes, int64_t at) {
    return rules->pattern == SPLIT_GPT2 ? next_gpt2(text, bytes, at) : next_llama3(text, bytes, at, rules->most_digits);
}
