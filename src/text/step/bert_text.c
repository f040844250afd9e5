/* Normalisation in the order of Hugging Face's BertNormalizer: clean, Chinese characters, canonical decomposition
 * without accents, lower case.
 * SPDX-License-Identifier: MIT */
#include "text/step/bert_text.h"

#include "text/characters.h"

#include <string.h>
#include <utf8proc.h>

/* Unicode's limit for runs of marks in stream-safe text (UAX #15); canonical decompositions have up to 4 characters. */
enum { MOST_MARKS = 30, MOST_DECOMPOSED = 4 };

struct writer {
    const struct bert_rules *rules;
    char *out;            /* or NULL */
    struct place *places; /* of what is written; or NULL */
    int64_t length;
    struct place from; /* what the next character stands for */
    /* Not yet written: decomposition orders them by their combining class. */
    int32_t marks[MOST_MARKS];
    struct place mark_places[MOST_MARKS];
    int waiting;
};

static void put(struct writer *w, int32_t c) {
    utf8proc_uint8_t bytes[4];
    int64_t n = utf8proc_encode_char(c, bytes);
    if (w->out) memcpy(w->out + w->length, bytes, (size_t)n);
    for (int64_t i = 0; w->places && i < n; i++) w->places[w->length + i] = w->from;
    w->length += n;
}

static void put_case(struct writer *w, int32_t c) {
    if (!w->rules->lowercase) {
        put(w, c);
    } else if (c == 0x130) { /* the one capital whose small form has two characters */
        put(w, 'i');
        put(w, 0x307);
    } else {
        put(w, utf8proc_tolower(c));
    }
}

static void put_marks(struct writer *w) {
    const struct place from = w->from;
    for (int i = 0; i < w->waiting; i++) {
        w->from = w->mark_places[i];
        put_case(w, w->marks[i]);
    }
    w->waiting = 0;
    w->from = from;
}

static int combining_class(int32_t c) {
    return utf8proc_get_property(c)->combining_class;
}

static void add_mark(struct writer *w, int32_t c) {
    if (w->waiting == MOST_MARKS) put_marks(w);
    int at = w->waiting++;
    for (; at > 0 && combining_class(w->marks[at - 1]) > combining_class(c); at--) {
        w->marks[at] = w->marks[at - 1];
        w->mark_places[at] = w->mark_places[at - 1];
    }
    w->marks[at] = c;
    w->mark_places[at] = w->from;
}

/* Canonical decomposition of one character, accents left out. */
static void put_decomposed(struct writer *w, int32_t c) {
    int32_t decomposed[MOST_DECOMPOSED];
    int64_t n = utf8proc_decompose_char(c, decomposed, MOST_DECOMPOSED, UTF8PROC_DECOMPOSE, NULL);
    for (int64_t i = 0; i < n && i < MOST_DECOMPOSED; i++) {
        int starter = combining_class(decomposed[i]) == 0;
        if (starter) put_marks(w);
        if (is_accent(decomposed[i])) continue;
        if (starter)
            put_case(w, decomposed[i]);
        else
            add_mark(w, decomposed[i]);
    }
}

static void put_any(struct writer *w, int32_t c) {
    if (w->rules->strip_accents)
        put_decomposed(w, c);
    else
        put_case(w, c);
}

static int is_dropped(int32_t c) {
    return c == 0 || c == 0xfffd || (c != '\t' && c != '\n' && c != '\r' && is_control(c));
}

int bert_drops_start(const struct bert_rules *rules, struct text t) {
    int32_t c;
    if (!t.count) return 0;
    next_character(t.bytes, t.count, &c);
    return (rules->clean_text && is_dropped(c)) || (rules->strip_accents && is_accent(c));
}

int64_t bert_normalise(const struct bert_rules *rules, struct text t, char *out, struct place *places) {
    struct writer w = {.rules = rules, .out = out, .places = places};
    int32_t c;
    for (int64_t at = 0, length; at < t.count; at += length) {
        length = next_character(t.bytes + at, t.count - at, &c);
        if (places) w.from = text_place(t, at, at + length);
        if (rules->clean_text && is_dropped(c)) continue;
        if (rules->clean_text && is_whitespace(c)) c = ' ';
        int alone = rules->handle_chinese_chars && is_chinese(c);
        if (alone) put_any(&w, ' ');
        put_any(&w, c);
        if (alone) put_any(&w, ' ');
    }
    put_marks(&w);
    return w.length;
}

int bert_next_word(const char *text, int64_t bytes, int64_t *at, int64_t *first) {
    int32_t c;
    int64_t length = 0;
    for (; *at < bytes; *at += length) {
        length = next_character(text + *at, bytes - *at, &c);
        if (!is_whitespace(c)) break;
    }
    *first = *at;
    for (; *at < bytes; *at += length) {
        length = next_character(text + *at, bytes - *at, &c);
        if (is_whitespace(c)) break;
        if (!is_punctuation(c)) continue;
        if (*at == *first) *at += length;
        break;
    }
    return *at > *first;
}
