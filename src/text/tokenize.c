/* From text to tokens: added tokens are cut out; the rest is normalised, searched for added tokens again, and cut into
 * words; words are cut into tokens.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "text/characters.h"
#include "text/encoder.h"

#include <string.h>
#include <utf8proc.h>

void token_put(struct token_sink *sink, int32_t id) {
    if (sink->count < sink->capacity) {
        sink->ids[sink->count] = id;
        if (sink->offsets) sink->offsets[2 * sink->count] = sink->offsets[2 * sink->count + 1] = 0;
    }
    sink->count++;
}

void encoder_put(struct encoder *e, int32_t id, struct text t, int64_t first, int64_t last) {
    const int64_t at = e->sink->count;
    token_put(e->sink, id);
    if (!e->has_places || at >= e->sink->capacity) return;
    const struct place place = text_place(t, first, last);
    e->sink->offsets[2 * at] = place.first;
    e->sink->offsets[2 * at + 1] = place.last;
}

void encoder_put_part(struct encoder *e, int32_t id, const char *part, int64_t bytes) {
    const int64_t first = part - e->word.bytes;
    encoder_put(e, id, e->word, first, first + bytes);
}

char *pad_room(struct encoder *e, struct pad *pad, int64_t more) {
    int64_t room;
    if (e->status != SA_OK) return NULL;
    if (more <= pad->room - pad->used) return pad->bytes + pad->used;
    if (!checked_add(pad->used, more, &room))
        e->status = fail_overflow(&e->ctx->report, "the size of the scratch memory");
    else
        e->status = context_grow(e->ctx, pad, room);
    return e->status == SA_OK ? pad->bytes + pad->used : NULL;
}

static struct pad *places_of(const struct encoder *e, const struct pad *pad) {
    return &e->ctx->pads[PAD_PLACES + (pad - e->ctx->pads)];
}

struct place *pad_places(const struct encoder *e, const struct pad *pad) {
    return e->has_places ? (struct place *)(void *)places_of(e, pad)->bytes : NULL;
}

struct text pad_text(const struct encoder *e, const struct pad *pad) {
    return (struct text){pad->bytes, pad->used, pad_places(e, pad)};
}

/* Room for the places of `more` bytes behind what the pad holds; NULL if there is no memory. */
static struct place *place_room(struct encoder *e, const struct pad *pad, int64_t more) {
    struct pad *places = places_of(e, pad);
    int64_t bytes;
    if (!checked_mul(more, (int64_t)sizeof(struct place), &bytes)) bytes = INT64_MAX;
    places->used = pad->used * (int64_t)sizeof(struct place);
    return (struct place *)(void *)pad_room(e, places, bytes);
}

static int put_places(struct encoder *e, const struct pad *pad, int64_t more) {
    struct place *places = place_room(e, pad, more);
    for (int64_t i = 0; places && i < more; i++) places[i] = e->from;
    return places != NULL;
}

char *pad_text_room(struct encoder *e, struct pad *pad, int64_t more) {
    char *room = pad_room(e, pad, more);
    return room && e->has_places && !put_places(e, pad, more) ? NULL : room;
}

void pad_put(struct encoder *e, struct pad *pad, const char *bytes, int64_t count) {
    char *room = pad_text_room(e, pad, count);
    if (!room || !count) return;
    memcpy(room, bytes, (size_t)count);
    pad->used += count;
}

void pad_copy(struct encoder *e, struct pad *pad, struct text t, int64_t first, int64_t last) {
    const int64_t count = last - first, before = pad->used;
    pad_put(e, pad, t.bytes + first, count);
    if (t.places && pad->used > before)
        memcpy(pad_places(e, pad) + before, t.places + first, (size_t)count * sizeof *t.places);
}

void pad_put_character(struct encoder *e, struct pad *pad, int32_t c) {
    utf8proc_uint8_t bytes[4] = {0};
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
static void put_stretch(struct encoder *e, struct text t, int at_start) {
    struct match match = {0};
    int64_t at = 0;
    if (!t.count) return;
    e->drops_start = 0;
    t = normalise(e, t);
    at_start &= !e->drops_start;
    for (;
         e->status == SA_OK && added_tokens_next(&e->tokenizer->normalised, e->with_special, t.bytes, t.count, &match);
         at = match.last) {
        cut_text(e, text_part(t, at, max_i64(match.first, at)), at_start && at == 0);
        encoder_put(e, match.id, t, match.first, match.last);
    }
    if (e->status == SA_OK) cut_text(e, text_part(t, at, t.count), at_start && at == 0);
}

/* The places of the caller's bytes: each is its own. */
static const struct place *own_places(struct encoder *e, int64_t bytes) {
    struct pad *given = &e->ctx->pads[PAD_GIVEN];
    struct place *places = e->has_places ? place_room(e, given, bytes) : NULL;
    for (int64_t i = 0; places && i < bytes; i++) places[i] = (struct place){i, i + 1};
    return places;
}

void encoder_put_text(struct encoder *e, const char *text, int64_t bytes) {
    const struct text t = {text, bytes, own_places(e, bytes)};
    struct match match = {0};
    int64_t at = 0;
    for (; e->status == SA_OK && added_tokens_next(&e->tokenizer->literal, e->with_special, text, bytes, &match);
         at = match.last) {
        put_stretch(e, text_part(t, at, max_i64(match.first, at)), at == 0);
        encoder_put(e, match.id, t, match.first, match.last);
    }
    if (e->status == SA_OK) put_stretch(e, text_part(t, at, bytes), at == 0);
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
    struct encoder e = {.ctx = ctx,
                        .tokenizer = t,
                        .with_special = !(flags & SA_ENCODE_NO_SPECIAL),
                        .has_places = sink->offsets != NULL,
                        .sink = sink};
    e.searcher.memory = ctx->memory;
    put_framed(&e, text, bytes, flags, language);
    searcher_close(&e.searcher);
    if (e.status != SA_OK || sink->capacity == 0 || sink->count <= sink->capacity) return e.status;
    return fail(&ctx->report, SA_ERR_TEXT, "the text has %lld tokens, ids has room for %lld", (long long)sink->count,
                (long long)sink->capacity);
}

static sa_status enter_and_encode(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes, int32_t flags,
                                  int32_t language, struct token_sink sink, int64_t *count) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = count ? encode(ctx, t, text, bytes, flags, language, &sink) : fail_null(&ctx->report, "count");
    if (count) *count = sink.count;
    return context_leave(ctx, status);
}

sa_status sa_tokenizer_encode_language(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                       int32_t flags, int32_t language, int32_t *ids, int64_t capacity,
                                       int64_t *count) {
    const struct token_sink sink = {ids, capacity, 0, NULL};
    return enter_and_encode(ctx, tokenizer, text, bytes, flags, language, sink, count);
}

sa_status sa_tokenizer_encode_offsets(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                      int32_t flags, int32_t *ids, int64_t *offsets, int64_t capacity, int64_t *count) {
    const struct token_sink sink = {ids, capacity, 0, offsets};
    return enter_and_encode(ctx, tokenizer, text, bytes, flags, -1, sink, count);
}

sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                   int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) {
    return sa_tokenizer_encode_language(ctx, tokenizer, text, bytes, flags, -1, ids, capacity, count);
}

sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t *ids,
                              int64_t capacity, int64_t *count) {
    return sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, 0, ids, capacity, count);
}
