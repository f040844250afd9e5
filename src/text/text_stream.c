/* SPDX-License-Identifier: MIT */
#include "text/text_stream.h"

#include "api/context.h"
#include "base/arith.h"
#include "base/ledger.h"
#include "text/characters.h"

#include <string.h>

/* What stands for bytes that are no UTF-8: U+FFFD. */
static const char replacement[] = "\xef\xbf\xbd";
enum { REPLACEMENT = sizeof replacement - 1 };

/* Where the parts of the one allocation lie. */
struct places {
    int64_t self, strings, texts, raw, text;
};

static sa_status plan(struct report *report, const struct sa_text_stream *s, struct places *at, int64_t *bytes) {
    struct ledger l = {.title = "text stream"};
    int64_t letters = 0;
    for (int64_t i = 0; i < s->stops.count; i++) letters += (int64_t)strlen(s->stops.text[i]) + 1;
    at->self = ledger_book(&l, "stream", 1, 1, sizeof *s);
    at->strings = ledger_book(&l, "stop strings", s->stops.count, 1, sizeof *s->stops.text);
    at->texts = ledger_book(&l, "their letters", letters, 1, 1);
    at->raw = ledger_book(&l, "bytes", s->raw_room, 1, 1);
    at->text = ledger_book(&l, "text", sa_text_stream_room(s), 1, 1);
    *bytes = ledger_bytes(&l);
    return ledger_fits(&l) ? SA_OK : fail(report, SA_ERR_OVERFLOW, "the stop strings are too long");
}

static void copy_strings(struct stop_strings *stops, const char **copies, char *letters) {
    for (int64_t i = 0; i < stops->count; i++) {
        const size_t bytes = strlen(stops->text[i]) + 1;
        copies[i] = memcpy(letters, stops->text[i], bytes);
        letters += bytes;
    }
    stops->text = copies;
}

static sa_status make(struct report *report, struct sa_text_stream *s, sa_text_stream **stream) {
    struct places at;
    s->raw_room = MOST_UNFINISHED + tokenizer_piece_bytes(s->tokenizer);
    const sa_status status = plan(report, s, &at, &s->bytes);
    if (status != SA_OK) return status;
    char *memory = memory_allocate(&s->memory, s->bytes, 1);
    if (!memory) return fail_memory(report, s->bytes, "a text stream");
    copy_strings(&s->stops, (const char **)(void *)(memory + at.strings), memory + at.texts);
    s->raw = memory + at.raw;
    s->text = memory + at.text;
    *stream = memcpy(memory + at.self, s, sizeof *s);
    return SA_OK;
}

/* Adds the token's bytes to the raw ones; those of the token before the text are left out. */
static sa_status put_token(struct report *report, struct sa_text_stream *s, int32_t id) {
    struct text_sink sink = {s->raw + s->raw_bytes, s->raw_room - s->raw_bytes, 0};
    if (!tokenizer_put(s->tokenizer, id, &s->decoded, &sink))
        return fail(report, SA_ERR_VALUE, "id is %d, which is no token", (int)id);
    s->raw_bytes += sink.bytes;
    return SA_OK;
}

static sa_status create(struct report *report, struct sa_text_stream *s, int32_t before, sa_text_stream **stream) {
    sa_status status = make(report, s, stream);
    if (status != SA_OK || before < 0) return status;
    status = put_token(report, *stream, before);
    (*stream)->raw_bytes = 0;
    if (status != SA_OK) sa_text_stream_destroy(stream);
    return status;
}

sa_status sa_text_stream_create(sa_ctx *ctx, const sa_tokenizer *tokenizer, int32_t before,
                                const char *const *stop_strings, int64_t stop_string_count, sa_text_stream **stream) {
    struct sa_text_stream s = {.tokenizer = tokenizer, .busy = ATOMIC_FLAG_INIT};
    if (stream) *stream = NULL;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    struct report *report = &ctx->report;
    s.memory = ctx->memory;
    if (!stream || !tokenizer) status = fail_null(report, stream ? "tokenizer" : "stream");
    if (status == SA_OK) status = stop_strings_take(report, stop_strings, stop_string_count, &s.stops);
    if (status == SA_OK) status = create(report, &s, before, stream);
    return context_leave(ctx, status);
}

/* Moves whole characters from the raw bytes to the text, and says how long it is then. */
static int64_t take_characters(struct sa_text_stream *s) {
    int64_t at = 0, length = s->held;
    while (at < s->raw_bytes) {
        enum character_kind kind;
        const int64_t bytes = character_bytes(s->raw + at, s->raw_bytes - at, &kind);
        if (kind == CHARACTER_UNFINISHED) break;
        const int is_whole = kind == CHARACTER_WHOLE;
        const int64_t more = is_whole ? bytes : REPLACEMENT;
        memcpy(s->text + length, is_whole ? s->raw + at : replacement, (size_t)more);
        at += bytes, length += more;
    }
    s->raw_bytes -= at;
    memmove(s->raw, s->raw + at, (size_t)s->raw_bytes);
    return length;
}

/* Gives the first `bytes` of the text, and keeps what is held back behind them. */
static void give(struct sa_text_stream *s, int64_t bytes, int64_t length, char *text, int64_t *written) {
    memcpy(text, s->text, (size_t)bytes);
    *written = bytes;
    s->held = length - bytes;
    memmove(s->text, s->text + bytes, (size_t)s->held);
}

static sa_status add(struct report *report, struct sa_text_stream *s, int32_t id, char *text, int64_t *bytes) {
    if (s->ended) return SA_OK;
    const sa_status status = put_token(report, s, id);
    if (status != SA_OK) return status;
    const int64_t length = take_characters(s), end = stop_strings_begin(&s->stops, s->text, length);
    s->ended = end >= 0;
    if (s->ended)
        give(s, end, end, text, bytes);
    else
        give(s, length - stop_strings_open_end(&s->stops, s->text, length), length, text, bytes);
    return SA_OK;
}

static void rest(struct sa_text_stream *s, char *text, int64_t *bytes) {
    if (s->ended) return;
    if (s->raw_bytes) memcpy(s->text + s->held, replacement, REPLACEMENT), s->held += REPLACEMENT;
    s->raw_bytes = 0;
    give(s, s->held, s->held, text, bytes);
}

/* Claims context and stream for a call that writes. */
static sa_status enter(sa_ctx *ctx, sa_text_stream *s, const char *text, int64_t capacity, int64_t *bytes) {
    if (bytes) *bytes = 0;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    struct report *report = &ctx->report;
    if (!s || !text || !bytes)
        status = fail_null(report, !s ? "stream" : text ? "bytes" : "text");
    else if (capacity < sa_text_stream_room(s))
        status = fail(report, SA_ERR_VALUE, "capacity is %lld, must be at least sa_text_stream_room(), which is %lld",
                      (long long)capacity, (long long)sa_text_stream_room(s));
    else if (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire))
        status = fail(report, SA_ERR_BUSY, "another call is using this stream");
    return status == SA_OK ? SA_OK : context_leave(ctx, status);
}

static sa_status leave(sa_ctx *ctx, sa_text_stream *s, sa_status status) {
    atomic_flag_clear_explicit(&s->busy, memory_order_release);
    return context_leave(ctx, status);
}

sa_status sa_text_stream_add(sa_ctx *ctx, sa_text_stream *stream, int32_t id, char *text, int64_t capacity,
                             int64_t *bytes) {
    const sa_status status = enter(ctx, stream, text, capacity, bytes);
    return status == SA_OK ? leave(ctx, stream, add(&ctx->report, stream, id, text, bytes)) : status;
}

sa_status sa_text_stream_rest(sa_ctx *ctx, sa_text_stream *stream, char *text, int64_t capacity, int64_t *bytes) {
    const sa_status status = enter(ctx, stream, text, capacity, bytes);
    if (status != SA_OK) return status;
    rest(stream, text, bytes);
    return leave(ctx, stream, SA_OK);
}

int64_t sa_text_stream_room(const sa_text_stream *stream) {
    return stream ? stream->stops.longest + REPLACEMENT * stream->raw_room : 0;
}

int32_t sa_text_stream_ended(const sa_text_stream *stream) {
    return stream ? stream->ended : 0;
}

void sa_text_stream_destroy(sa_text_stream **stream) {
    if (!stream || !*stream) return;
    const struct allocator memory = (*stream)->memory;
    memory_release(&memory, *stream, (*stream)->bytes, 1);
    *stream = NULL;
}
