/* SPDX-License-Identifier: MIT */
#include "classifier/words.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int is_mark(char c) {
    return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 127);
}

/* The character at the beginning of a text if it is one of three bytes, else 0. */
static int long_character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    return (c[0] & 0xf0) == 0xe0 ? (c[0] & 15) << 12 | (c[1] & 63) << 6 | (c[2] & 63) : 0;
}

/* Bytes of a character that is a word by itself; 0: it is none. From U+2E80 on stand scripts without spaces, but for
 * Hangul (U+AC00 to U+D7A3); general punctuation stands at U+2010 to U+2027 and U+2030 to U+203F. */
static int64_t lone_character(const char *text) {
    if (is_mark(*text)) return 1;
    if ((unsigned char)*text >= 0xf0) return 4;
    const int code = long_character(text);
    const int is_punctuation = (code >= 0x2010 && code <= 0x2027) || (code >= 0x2030 && code <= 0x203f),
              is_hangul = code >= 0xac00 && code <= 0xd7a3;
    return is_punctuation || (code >= 0x2e80 && !is_hangul) ? 3 : 0;
}

/* Thai and Lao, Burmese, Khmer: letters stand together, but no spaces between words. */
static int is_without_spaces(const char *text) {
    const int code = long_character(text);
    return (code >= 0xe00 && code <= 0xeff) || (code >= 0x1000 && code <= 0x109f) || (code >= 0x1780 && code <= 0x17ff);
}

/* begins: whether a token begins at a byte of the text. */
static int64_t word_end(const char *text, const char *begins, int64_t at) {
    enum { LONGEST = 96 };
    const int64_t lone = lone_character(text + at), begin = at;
    if (lone) return at + lone;
    while (text[at] && !is_space(text[at]) && !lone_character(text + at) &&
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
        while (is_space(text[at])) at++;
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

void words_align(const struct engine *e, const struct words *w, const char *text, int64_t first, int64_t last,
                 int64_t count, struct span *spans) {
    int64_t tokens, *offsets = offsets_of(e, text, w->word[first].begin, w->word[last - 1].end, &tokens);
    if (tokens != count) failure("%lld tokens of a text are %lld alone", (long long)count, (long long)tokens);
    for (int64_t t = 0, begin = first, end; t < count; t++) {
        begin = word_of(w, begin, last, offsets[2 * t]);
        for (end = begin; end < last - 1 && w->word[end + 1].begin < offsets[2 * t + 1];) end++;
        spans[t] = (struct span){begin, end};
    }
    free(offsets);
}
