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

/* Bytes of a character that is a word by itself; 0: it is none. From U+2E80 on stand scripts without spaces, but for
 * Hangul (U+AC00 to U+D7A3); general punctuation stands at U+2010 to U+2027 and U+2030 to U+203F. */
static int64_t lone_character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if (is_mark(*text)) return 1;
    if (c[0] < 0xe2) return 0;
    if (c[0] >= 0xf0) return 4;
    const int code = (c[0] & 15) << 12 | (c[1] & 63) << 6 | (c[2] & 63);
    const int is_punctuation = (code >= 0x2010 && code <= 0x2027) || (code >= 0x2030 && code <= 0x203f),
              is_hangul = code >= 0xac00 && code <= 0xd7a3;
    return is_punctuation || (code >= 0x2e80 && !is_hangul) ? 3 : 0;
}

static int64_t word_end(const char *text, int64_t at) {
    enum { LONGEST = 96 };
    const int64_t lone = lone_character(text + at), begin = at;
    if (lone) return at + lone;
    while (text[at] && !is_space(text[at]) && !lone_character(text + at) &&
           (at < begin + LONGEST || (text[at] & 192) == 128))
        at++;
    return at;
}

static int64_t count_tokens(const struct engine *e, const char *text, int64_t bytes) {
    int64_t count;
    check(sa_tokenizer_encode_with(e->ctx, e->tokenizer, text, bytes, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL,
                                   NULL, 0, &count),
          e->ctx);
    return count;
}

/* Some tokenizers put a space in front of every text, so that words one by one have a second one. Then they are counted
 * without the white space before them, if that makes the tokens of the whole. */
static void settle_counts(const struct engine *e, const char *text, struct words *w) {
    int64_t sum = w->word[0].tokens_first, plain = 0;
    for (int64_t i = 1; i < w->count; i++) sum += w->word[i].tokens;
    for (int64_t i = 0; i < w->count; i++) plain += w->word[i].tokens_first;
    if (sum == plain) return;
    const int64_t begin = w->word[0].begin, whole = count_tokens(e, text + begin, w->word[w->count - 1].end - begin);
    for (int64_t i = 0; i < w->count && sum != whole && plain == whole; i++)
        w->word[i].tokens = w->word[i].tokens_first;
}

struct words words_cut(const struct engine *e, const char *text) {
    struct words w = {0};
    int64_t room = 0;
    (void)count_tokens(e, text, (int64_t)strlen(text)); /* what is not UTF-8 ends the program here */
    for (int64_t at = 0, end = 0;; at = end) {
        const int64_t behind = at;
        while (is_space(text[at])) at++;
        if (!text[at]) break;
        end = word_end(text, at);
        if (w.count == room) w.word = reallocate(w.word, (size_t)(room = 2 * room + 64), sizeof *w.word);
        w.word[w.count++] = (struct word){.begin = at,
                                          .end = end,
                                          .tokens = count_tokens(e, text + behind, end - behind),
                                          .tokens_first = count_tokens(e, text + at, end - at)};
    }
    if (w.count) settle_counts(e, text, &w);
    return w;
}

void words_free(struct words *words) {
    free(words->word);
}

int64_t words_that_fit(const struct words *w, int64_t first, int64_t room) {
    int64_t last = first + 1;
    for (int64_t sum = w->word[first].tokens_first; last < w->count; last++) {
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

/* Counts the tokens up to the end of each word: ends [last - first], the last of which is `count`. Words one by one,
 * each with the white space before it, mostly become the same tokens as together. Where they do not, the text is
 * counted up to each word's end; a text that ends inside of a token may have more tokens than one that goes on. */
static void count_ends(const struct engine *e, const struct words *w, const char *text, int64_t first, int64_t last,
                       int64_t count, int64_t *ends) {
    const int64_t begin = w->word[first].begin, words = last - first;
    int64_t sum = 0;
    for (int64_t i = 0; i < words; i++) ends[i] = sum += i ? w->word[first + i].tokens : w->word[first].tokens_first;
    if (sum == count) return;
    for (int64_t i = 0; i < words - 1; i++) ends[i] = count_tokens(e, text + begin, w->word[first + i].end - begin);
    ends[words - 1] = count;
    for (int64_t i = words - 2; i >= 0; i--)
        if (ends[i] > ends[i + 1]) ends[i] = ends[i + 1];
}

/* A word without tokens of its own, and without white space before it, belongs to the last token of the one before. */
void words_align(const struct engine *e, const struct words *w, const char *text, int64_t first, int64_t last,
                 int64_t count, struct span *spans) {
    int64_t *ends = allocate((size_t)(last - first), sizeof *ends), t = 0;
    count_ends(e, w, text, first, last, count, ends);
    for (int64_t i = first; i < last; i++) {
        if (t == ends[i - first] && t > 0 && w->word[i].begin == w->word[i - 1].end) spans[t - 1].last = i;
        for (; t < ends[i - first]; t++) spans[t] = (struct span){i, i};
    }
    free(ends);
}
