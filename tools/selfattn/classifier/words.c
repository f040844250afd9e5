/* SPDX-License-Identifier: MIT */
#include "classifier/words.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

/* The character at the beginning of a text, which is UTF-8; below U+0800 only a number that is less than that. */
static int character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0xe0) return c[0];
    if (c[0] < 0xf0) return (c[0] & 15) << 12 | (c[1] & 63) << 6 | (c[2] & 63);
    return (c[0] & 7) << 18 | (c[1] & 63) << 12 | (c[2] & 63) << 6 | (c[3] & 63);
}

/* Bytes of the white space at the beginning of a text: one character, or none. */
static int64_t space(const char *text) {
    const int code = character(text);
    if (code == ' ' || (code >= '\t' && code <= '\r')) return 1;
    return (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x3000 ? 3 : 0;
}

static int is_mark(int code) {
    return (code > ' ' && code < '0') || (code > '9' && code < 'A') || (code > 'Z' && code < 'a') ||
           (code > 'z' && code < 127);
}

static int is_in(int code, const int (*ranges)[2], int count) {
    for (int i = 0; i < count; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1]) return 1;
    return 0;
}

/* Bytes of a character that is a word by itself; 0: it is none. */
static int64_t lone_character(const char *text) {
    static const int punctuation[][2] = {{0x2010, 0x2027}, {0x2030, 0x203f}, {0xfe30, 0xfe4f}, {0xff01, 0xff0f},
                                         {0xff1a, 0xff20}, {0xff3b, 0xff40}, {0xff5b, 0xff65}},
                     without_spaces[][2] = {{0x2e80, 0x312f}, {0x3190, 0xa4cf}, {0xf900, 0xfaff}, {0xff66, 0xff9f}};
    const int code = character(text);
    if (is_mark(code)) return 1;
    if (code >= 0x20000) return 4;
    return is_in(code, punctuation, 7) || is_in(code, without_spaces, 4) ? 3 : 0;
}

/* Thai and Lao, Burmese, Khmer: letters stand together, but no spaces between words. */
static int is_without_spaces(const char *text) {
    static const int ranges[][2] = {{0xe00, 0xeff}, {0x1000, 0x109f}, {0x1780, 0x17ff}};
    return is_in(character(text), ranges, 3);
}

/* begins: whether a token begins at a byte of the text. */
static int64_t word_end(const char *text, const char *begins, int64_t at) {
    enum { LONGEST = 96 };
    const int64_t lone = lone_character(text + at), begin = at;
    if (lone) return at + lone;
    while (text[at] && !space(text + at) && !lone_character(text + at) &&
           !(at > begin && begins[at] && is_without_spaces(text + at)) &&
           (at < begin + LONGEST || (text[at] & 192) == 128))
        at++;
    return at;
}

/* Where the tokens of bytes first .. last - 1 of the text stand in it: two numbers each. free() them. */
static int64_t *offsets_of(const struct engine *e, const char *text, int64_t first, int64_t last, int64_t *count) {
    const int32_t flags = SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL;
    check(sa_tokenizer_encode_with(e->ctx, e->tokenizer, text + first, last - first, flags, NULL, 0, count), e->ctx);
    int64_t *offsets = allocate(2 * (size_t)*count + 1, sizeof *offsets);
    int32_t *ids = allocate((size_t)*count + 1, sizeof *ids);
    check(sa_tokenizer_encode_offsets(e->ctx, e->tokenizer, text + first, last - first, flags, ids, offsets, *count,
                                      count),
          e->ctx);
    free(ids);
    for (int64_t i = 0; i < 2 * *count; i++) offsets[i] += first;
    return offsets;
}

/* Of words first .. last - 1, the one that a token belongs to which begins at byte `at`: white space to the word behind
 * it. `first` is not behind that word. */
static int64_t word_of(const struct words *w, int64_t first, int64_t last, int64_t at) {
    while (first < last - 1 && w->word[first].end <= at) first++;
    return first;
}

static void count_tokens(const int64_t *offsets, int64_t tokens, struct words *w) {
    for (int64_t i = 0, word = 0; i < tokens && w->count; i++) {
        word = word_of(w, word, w->count, offsets[2 * i]);
        w->word[word].tokens++;
    }
}

struct words words_cut(const struct engine *e, const char *text) {
    struct words w = {0};
    int64_t room = 0, tokens, *offsets = offsets_of(e, text, 0, (int64_t)strlen(text), &tokens);
    char *begins = allocate(strlen(text) + 1, 1);
    for (int64_t i = 0; i < tokens; i++) begins[offsets[2 * i]] = 1;
    for (int64_t at = 0, end = 0;; at = end) {
        for (int64_t bytes; (bytes = space(text + at)) > 0;) at += bytes;
        if (!text[at]) break;
        end = word_end(text, begins, at);
        if (w.count == room) w.word = reallocate(w.word, (size_t)(room = 2 * room + 64), sizeof *w.word);
        w.word[w.count++] = (struct word){.begin = at, .end = end};
    }
    count_tokens(offsets, tokens, &w);
    free(begins);
    free(offsets);
    return w;
}

void words_free(struct words *words) {
    free(words->word);
}

int64_t words_that_fit(const struct words *w, int64_t first, int64_t room) {
    int64_t last = first + 1;
    for (int64_t sum = w->word[first].tokens; last < w->count; last++) {
        sum += w->word[last].tokens;
        if (sum > room) break;
    }
    return last;
}

int64_t words_next(const struct words *w, int64_t first, int64_t last, int64_t room) {
    int64_t next = last;
    for (int64_t sum = 0; next > first + 1 && sum < room / 3; next--) sum += w->word[next - 1].tokens;
    return next;
}

char *words_text(const struct words *w, const char *text, int64_t first, int64_t last) {
    char *part = strndup(text + w->word[first].begin, (size_t)(w->word[last - 1].end - w->word[first].begin));
    if (!part) failure("no memory for a text");
    return part;
}

/* What a token stands for that begins in word `begin`, or in the white space before it. A single space there belongs to
 * the word; other white space alone stands between two words. */
static struct span span_of(const struct words *w, const char *text, int64_t begin, int64_t last, int64_t at,
                           int64_t behind) {
    const int64_t word = w->word[begin].begin;
    const int is_before = at < word && behind <= word, is_its_space = at == word - 1 && text[at] == ' ';
    int64_t end = begin;
    if (is_before && !is_its_space) return (struct span){begin, begin - 1};
    while (end < last - 1 && w->word[end + 1].begin < behind) end++;
    return (struct span){begin, end};
}

void words_align(const struct engine *e, const struct words *w, const char *text, int64_t first, int64_t last,
                 int64_t count, struct span *spans) {
    int64_t tokens, *offsets = offsets_of(e, text, w->word[first].begin, w->word[last - 1].end, &tokens);
    if (tokens != count) failure("%lld tokens of a text are %lld alone", (long long)count, (long long)tokens);
    for (int64_t t = 0, begin = first; t < count; t++) {
        begin = word_of(w, begin, last, offsets[2 * t]);
        spans[t] = span_of(w, text, begin, last, offsets[2 * t], offsets[2 * t + 1]);
    }
    free(offsets);
}
