/* From text to tokens: added tokens are cut out; the rest is normalised, searched for added tokens again, and cut into
 * words; words are cut into tokens.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "text/characters.h"
#include "text/encoder.h"

#include <string.h>
#include <utf8proc.h>

void token_put(struct token_sink *sink, int32_t id) {
    if (sink->count < sink->capacity) sink->ids[sink->count] = id;
    sink->count++;
}

char *pad_room(struct encoder *e, struct pad *pad, int64_t more) {
    int64_t room;
    if (e->status != SA_OK) return NULL;
    if (!checked_add(pad->used, more, &room))
        e->status = fail_overflow(&e->ctx->report, "the size of the scratch memory");
    else
        e->status = context_grow(e->ctx, pad, room);
    return e->status == SA_OK ? pad->bytes + pad->used : NULL;
}

void pad_put(struct encoder *e, struct pad *pad, const char *bytes, int64_t count) {
    char *room = pad_room(e, pad, count);
    if (!room || !count) return;
    memcpy(room, bytes, (size_t)count);
    pad->used += count;
}

void pad_put_character(struct encoder *e, struct pad *pad, int32_t c) {
    utf8proc_uint8_t bytes[4];
    pad_put(e, pad, (char *)bytes, utf8proc_encode_char(c, bytes));
}

void encoder_fail_search(struct encoder *e, int why, int64_t at) {
    if (e->status != SA_OK) return;
    e->status =
        why == EXPRESSION_NO_MEMORY
            ? fail_memory_for(&e->ctx->report, "a search")
            : fail(&e->ctx->report, SA_ERR_TEXT,
                   "an expression of the tokenizer takes more than %d steps at byte %lld of a piece of the text",
                   EXPRESSION_MOST_STEPS, (long long)at);
}

/* A stretch of text without literal added tokens. */
static void put_stretch(struct encoder *e, const char *text, int64_t bytes, int at_start) {
    struct match match;
    int64_t at = 0;
    if (!bytes) return;
    e->drops_start = 0;
    normalise(e, &text, &bytes);
    at_start &= !e->drops_start;
    for (; e->status == SA_OK && added_tokens_next(&e->tokenizer->normalised, e->with_special, text, bytes, at, &match);
         at = match.last) {
        cut_text(e, text + at, match.first - at, at_start && at == 0);
        token_put(e->sink, match.id);
    }
    if (e->status == SA_OK) cut_text(e, text + at, bytes - at, at_start && at == 0);
}

void encoder_put_text(struct encoder *e, const char *text, int64_t bytes) {
    struct match match;
    int64_t at = 0;
    for (; e->status == SA_OK && added_tokens_next(&e->tokenizer->literal, e->with_special, text, bytes, at, &match);
         at = match.last) {
        put_stretch(e, text + at, match.first - at, at == 0);
        token_put(e->sink, match.id);
    }
    if (e->status == SA_OK) put_stretch(e, text + at, bytes - at, at == 0);
}

static int is_small(int c) {
    return c >= 'a' && c <= 'z';
}

static int is_capital(int c) {
    return c >= 'A' && c <= 'Z';
}

static int64_t count_of(const char *text, int64_t at, int (*is_in)(int c)) {
    int64_t count = 0;
    while (is_in((unsigned char)text[at + count])) count++;
    return count;
}

/* "deu_Latn", "de_DE", "__de__": how models name languages. */
static int is_language(const char *text) {
    const int marked = text[0] == '_' && text[1] == '_';
    const int64_t at = 2 * marked, letters = count_of(text, at, is_small);
    const char *rest = text + at + letters;
    if (letters < 2 || letters > 3) return 0;
    if (marked) return !strcmp(rest, "__");
    if (*rest != '_') return 0;
    const int64_t capitals = count_of(rest, 1, is_capital), small = count_of(rest, 1 + capitals, is_small);
    return !rest[1 + capitals + small] && ((capitals == 2 && !small) || (capitals == 1 && small == 3));
}

/* Puts tokens beside a text, a language in its place. Returns whether it has one. */
static int put_around(const struct sa_tokenizer *t, const struct around *around, int32_t language,
                      struct token_sink *sink) {
    int has_place = 0;
    for (int i = 0; i < around->count; i++) {
        const int is_place = language >= 0 && is_language(vocabulary_text(&t->vocabulary, around->ids[i]));
        token_put(sink, is_place ? language : around->ids[i]);
        has_place |= is_place;
    }
    return has_place;
}

static void put_framed(struct encoder *e, const char *text, int64_t bytes, int32_t flags, int32_t language) {
    const struct sa_tokenizer *t = e->tokenizer;
    struct token_sink nowhere = {0};
    if (flags & SA_ENCODE_NO_TEMPLATE) {
        encoder_put_text(e, text, bytes);
        return;
    }
    const int has_place = put_around(t, &t->before, language, &nowhere) | put_around(t, &t->after, language, &nowhere);
    if (language >= 0 && !has_place) token_put(e->sink, language);
    put_around(t, &t->before, language, e->sink);
    encoder_put_text(e, text, bytes);
    put_around(t, &t->after, language, e->sink);
}

sa_status encoder_check_text(struct report *report, const char *name, const char *text, int64_t bytes) {
    if (bytes < 0)
        return fail(report, SA_ERR_VALUE, "the bytes of the %s are %lld, must be at least 0", name, (long long)bytes);
    if (bytes && !text) return fail_null(report, name);
    const int64_t wrong = invalid_utf8(text, bytes);
    if (wrong < 0) return SA_OK;
    return fail(report, SA_ERR_TEXT, "the %s is not UTF-8 at byte %lld, which is 0x%02x", name, (long long)wrong,
                (unsigned char)text[wrong]);
}

static sa_status check_language(struct report *report, const sa_tokenizer *t, int32_t flags, int32_t language) {
    if (language < -1 || (language >= 0 && !vocabulary_token(&t->vocabulary, language)))
        return fail(report, SA_ERR_VALUE, "language is %d, which is no token", (int)language);
    if (language >= 0 && flags & SA_ENCODE_NO_TEMPLATE)
        return fail(report, SA_ERR_VALUE, "language is %d, but flags has SA_ENCODE_NO_TEMPLATE", (int)language);
    return SA_OK;
}

static sa_status check(struct report *report, const sa_tokenizer *t, const char *text, int64_t bytes, int32_t flags,
                       int32_t language, const struct token_sink *sink) {
    if (!t) return fail_null(report, "tokenizer");
    if (sink->capacity < 0)
        return fail(report, SA_ERR_VALUE, "capacity is %lld, must be at least 0", (long long)sink->capacity);
    if (sink->capacity && !sink->ids) return fail_null(report, "ids");
    if (flags & ~(SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL))
        return fail(report, SA_ERR_VALUE, "flags is %d, which is no sum of SA_ENCODE_ constants", (int)flags);
    sa_status status = check_language(report, t, flags, language);
    return status == SA_OK ? encoder_check_text(report, "text", text, bytes) : status;
}

static sa_status encode(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes, int32_t flags,
                        int32_t language, struct token_sink *sink) {
    sa_status status = check(&ctx->report, t, text, bytes, flags, language, sink);
    if (status != SA_OK) return status;
    struct encoder e = {.ctx = ctx, .tokenizer = t, .with_special = !(flags & SA_ENCODE_NO_SPECIAL), .sink = sink};
    e.searcher.memory = ctx->memory;
    put_framed(&e, text, bytes, flags, language);
    searcher_close(&e.searcher);
    if (e.status != SA_OK || sink->capacity == 0 || sink->count <= sink->capacity) return e.status;
    return fail(&ctx->report, SA_ERR_TEXT, "the text has %lld tokens, ids has room for %lld", (long long)sink->count,
                (long long)sink->capacity);
}

sa_status sa_tokenizer_encode_language(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                       int32_t flags, int32_t language, int32_t *ids, int64_t capacity,
                                       int64_t *count) {
    struct token_sink sink = {ids, capacity, 0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = count ? encode(ctx, tokenizer, text, bytes, flags, language, &sink) : fail_null(&ctx->report, "count");
    if (count) *count = sink.count;
    return context_leave(ctx, status);
}

sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                   int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) {
    return sa_tokenizer_encode_language(ctx, tokenizer, text, bytes, flags, -1, ids, capacity, count);
}

sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t *ids,
                              int64_t capacity, int64_t *count) {
    return sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, 0, ids, capacity, count);
}
