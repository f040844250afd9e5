/* A token's text goes through the steps in two pieces of the stack, of fixed size.
 * SPDX-License-Identifier: MIT */
#include "text/step/decoder.h"

#include "base/arith.h"
#include "base/compiler.h"
#include "text/characters.h"
#include "text/model/scored.h"
#include "text/step/byte_alphabet.h"

#include <string.h>

/* A token's text between two steps. */
struct span {
    char bytes[MOST_DECODED];
    int64_t count;
};

static void put(struct span *s, const char *bytes, int64_t count) {
    count = min_i64(count, MOST_DECODED - s->count);
    memcpy(s->bytes + s->count, bytes, (size_t)count);
    s->count += count;
}

static void put_text(struct span *s, const char *text) {
    put(s, text, (int64_t)strlen(text));
}

static int begins_with(const char *text, int64_t bytes, const char *mark) {
    const int64_t length = (int64_t)strlen(mark);
    return length <= bytes && !memcmp(text, mark, (size_t)length);
}

/* Replaces a text wherever it stands. */
static void replace_text(const struct span *from, const char *old, const char *new, struct span *to) {
    const int64_t length = (int64_t)strlen(old);
    for (int64_t at = 0; at < from->count;) {
        if (length && begins_with(from->bytes + at, from->count - at, old)) {
            put_text(to, new);
            at += length;
        } else {
            put(to, from->bytes + at++, 1);
        }
    }
}

/* What Hugging Face's decoders tidy up, in their order. */
static void clean_up(const struct span *from, struct span *to) {
    static const char *const pairs[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                           {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                           {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    struct span other;
    other.count = 0;
    put(to, from->bytes, from->count);
    if (!memchr(from->bytes, ' ', (size_t)from->count)) return;
    for (int64_t i = 0; i < COUNT_OF(pairs); i++) {
        other.count = 0;
        replace_text(to, pairs[i][0], pairs[i][1], &other);
        to->count = 0;
        put(to, other.bytes, other.count);
    }
}

static void put_wordpiece(const struct decode_step *step, const struct decoded *d, const struct span *from,
                          struct span *to) {
    struct span joined;
    joined.count = 0;
    const int continues = d->last && begins_with(from->bytes, from->count, step->mark);
    const int64_t skipped = continues ? (int64_t)strlen(step->mark) : 0;
    if (d->last && !continues) put(&joined, " ", 1);
    put(&joined, from->bytes + skipped, from->count - skipped);
    if (step->clean_up)
        clean_up(&joined, to);
    else
        put(to, joined.bytes, joined.count);
}

/* Whether a text is written in the alphabet of bytes. Some added tokens are not: they have other characters, such as a
 * space, and mean their literal text. */
static int is_in_alphabet(const char *text, int64_t bytes) {
    int32_t c;
    for (int64_t at = 0; at < bytes; at += next_character(text + at, bytes - at, &c)) {
        next_character(text + at, bytes - at, &c);
        if (alphabet_byte(c) < 0) return 0;
    }
    return 1;
}

static void put_bytes(const char *text, int64_t bytes, struct text_sink *sink) {
    int32_t c;
    if (!is_in_alphabet(text, bytes)) {
        text_put(sink, text, bytes);
        return;
    }
    for (int64_t at = 0; at < bytes;) {
        at += next_character(text + at, bytes - at, &c);
        const char byte = (char)alphabet_byte(c);
        text_put(sink, &byte, 1);
    }
}

static int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "<0xE4>" stands for, -1 if the text is no such. */
static int byte_of(const char *text, int64_t bytes) {
    if (bytes != BYTE_TEXT - 1 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    const int high = hexadecimal(text[3]), low = hexadecimal(text[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static void put_fallback(const struct span *from, struct span *to) {
    const int byte = byte_of(from->bytes, from->count);
    const char one = (char)byte;
    if (byte >= 0)
        put(to, &one, 1);
    else
        put(to, from->bytes, from->count);
}

static void put_metaspace(const struct decode_step *step, const struct decoded *d, const struct span *from,
                          struct span *to) {
    replace_text(from, step->mark, d->last || !step->drops_first ? " " : "", to);
}

/* The mark at the end of a token is a space once another token follows. */
static void put_suffix(const struct decode_step *step, const struct vocabulary *v, const struct decoded *d,
                       const struct span *from, struct span *to) {
    const int64_t length = (int64_t)strlen(step->mark);
    const struct token *t = d->last;
    if (t && t->bytes >= length && length &&
        !memcmp(v->texts + t->start + t->bytes - length, step->mark, (size_t)length))
        put(to, " ", 1);
    struct span inner;
    inner.count = 0;
    put(&inner, from->bytes, from->count);
    if (inner.count >= length && length && !memcmp(inner.bytes + inner.count - length, step->mark, (size_t)length))
        inner.count -= length;
    replace_text(&inner, step->mark, " ", to);
}

static void put_replaced(const struct decode_step *step, const struct span *from, struct span *to) {
    struct searcher none = {.memory = default_allocator};
    int64_t at = 0, first, last;
    for (int after = 0;
         from->count && pattern_next(&step->pattern, &none, from->bytes, from->count, at, after, &first, &last) > 0;
         after = 1) {
        put(to, from->bytes + at, first - at);
        put_text(to, step->content);
        at = last;
    }
    searcher_close(&none);
    put(to, from->bytes + at, from->count - at);
}

static void put_stripped(const struct decode_step *step, struct decoded *d, const struct span *from, struct span *to) {
    const int64_t width = (int64_t)strlen(step->mark);
    int64_t first = 0, last = from->count, none = 0, *count = step->whole ? &d->stripped : &none;
    while (*count >= 0 && *count < step->start && begins_with(from->bytes + first, last - first, step->mark)) {
        first += width;
        ++*count;
    }
    if (first < last) *count = -1;
    for (int64_t i = 0; i < step->stop && last - first >= width; i++, last -= width)
        if (!begins_with(from->bytes + last - width, width, step->mark)) break;
    put(to, from->bytes + first, last - first);
}

static void put_ctc(const struct decode_step *step, const struct token *token, const struct decoded *d,
                    const struct span *from, struct span *to) {
    struct span plain, tidy;
    plain.count = tidy.count = 0;
    if (d->last && d->last->id == token->id) return;
    replace_text(from, step->mark, "", &plain);
    if (!step->clean_up) {
        put(to, plain.bytes, plain.count);
        return;
    }
    clean_up(&plain, &tidy);
    replace_text(&tidy, step->content, " ", to);
}

static void put_scored(const struct token *token, const struct decoded *d, const struct span *from, struct span *to) {
    const char byte = (char)(token->id - SCORED_BYTES);
    const int begins = d->before && d->before->id == SCORED_BEGIN && from->count && *from->bytes == ' ';
    if (token->kind == TOKEN_BYTE)
        put(to, &byte, 1);
    else
        put(to, from->bytes + begins, from->count - begins);
}

/* Tokens at the beginning of the text lose their first space. */
static void put_sentence(const struct decode_step *step, const struct token *token, struct decoded *d,
                         const struct span *from, struct span *to) {
    struct span spaced;
    spaced.count = 0;
    const int drops =
        d->stripped >= 0 && d->stripped < step->start && begins_with(from->bytes, from->count, step->mark);
    if (token->kind == TOKEN_BYTE) {
        put_fallback(from, to);
    } else if (token->kind == TOKEN_UNKNOWN) {
        put_text(to, step->content);
    } else {
        replace_text(from, step->mark, " ", &spaced);
        put(to, spaced.bytes + drops, spaced.count - drops);
        d->stripped += drops;
    }
    if (to->count) d->stripped = -1;
}

static void run_step(const struct decode_step *step, const struct vocabulary *v, const struct token *token,
                     struct decoded *d, const struct span *from, struct span *to) {
    struct text_sink sink = {to->bytes, MOST_DECODED, 0};
    switch (step->kind) {
    case DECODE_JOIN:
        if (d->last) put(to, " ", 1);
        put(to, from->bytes, from->count);
        break;
    case DECODE_BYTES:
        put_bytes(from->bytes, from->count, &sink);
        to->count = min_i64(sink.bytes, MOST_DECODED);
        break;
    case DECODE_WORDPIECE:
        put_wordpiece(step, d, from, to);
        break;
    case DECODE_SUFFIX:
        put_suffix(step, v, d, from, to);
        break;
    case DECODE_METASPACE:
        put_metaspace(step, d, from, to);
        break;
    case DECODE_BYTE_FALLBACK:
        put_fallback(from, to);
        break;
    case DECODE_REPLACE:
        put_replaced(step, from, to);
        break;
    case DECODE_STRIP:
        put_stripped(step, d, from, to);
        break;
    case DECODE_CTC:
        put_ctc(step, token, d, from, to);
        break;
    case DECODE_SCORED:
        put_scored(token, d, from, to);
        break;
    case DECODE_SENTENCE:
        put_sentence(step, token, d, from, to);
        break;
    }
}

void decoder_put(const struct decoder *decoder, const struct vocabulary *v, const struct token *token,
                 struct decoded *d, struct text_sink *sink) {
    const char *text = v->texts + token->start;
    if (decoder->count == 1 && decoder->steps[0].kind == DECODE_BYTES) {
        put_bytes(text, token->bytes, sink);
    } else {
        struct span spans[2];
        spans[0].count = 0;
        put(&spans[0], text, token->bytes);
        for (int i = 0; i < decoder->count; i++) {
            spans[(i + 1) % 2].count = 0;
            run_step(&decoder->steps[i], v, token, d, &spans[i % 2], &spans[(i + 1) % 2]);
        }
        text_put(sink, spans[decoder->count % 2].bytes, spans[decoder->count % 2].count);
    }
    d->last = token;
}

/* The most bytes that a step makes of a text of `bytes` bytes. */
static int64_t grown(const struct decode_step *step, int64_t bytes) {
    switch (step->kind) {
    case DECODE_REPLACE:
        return (bytes + 1) * (1 + (int64_t)strlen(step->content));
    case DECODE_JOIN:
    case DECODE_WORDPIECE:
    case DECODE_SUFFIX:
    case DECODE_CTC:
        return bytes + 1;
    case DECODE_SENTENCE:
        return max_i64(bytes, (int64_t)strlen(step->content));
    default:
        return bytes;
    }
}

sa_status decoder_check(const struct decoder *decoder, const struct vocabulary *v, struct report *report,
                        const char *file, int64_t *most) {
    *most = v->longest;
    for (int i = 0; i < decoder->count; i++) {
        if (*most <= MOST_DECODED) *most = grown(&decoder->steps[i], *most);
    }
    const int is_bytes = decoder->count == 1 && decoder->steps[0].kind == DECODE_BYTES;
    if (is_bytes || *most <= MOST_DECODED) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED,
                "%s: the longest token has %lld bytes; with this decoder its text could have more than %d", file,
                (long long)v->longest, MOST_DECODED);
}

void decoder_set(struct decoder *decoder, enum decode_kind kind) {
    *decoder = (struct decoder){.count = 1};
    decoder->steps[0].kind = kind;
}

void decoder_release(const struct allocator *memory, struct decoder *decoder) {
    for (int i = 0; i < decoder->count; i++) pattern_release(memory, &decoder->steps[i].pattern);
    decoder->count = 0;
}
