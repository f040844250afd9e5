/* From text to tokens: added tokens are cut out; the rest is normalised, searched for added tokens again, and cut into
 * words; words are cut into tokens.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "base/ledger.h"
#include "text/characters.h"
#include "text/merge.h"
#include "text/tokenizer.h"

void token_put(struct token_sink *sink, int32_t id) {
    if (sink->count < sink->capacity) sink->ids[sink->count] = id;
    sink->count++;
}

/* A normalised stretch of text. The byte before it may be written to. */
struct stretch {
    const struct sa_tokenizer *tokenizer;
    int with_special;
    char *text;
    int64_t bytes;
};

/* Cuts bytes first .. last - 1 into words, and these into tokens; sink NULL: only says how long the longest word is. */
static int64_t put_words(const struct stretch *s, int64_t first, int64_t last, void *workspace,
                         struct token_sink *sink) {
    const struct sa_tokenizer *t = s->tokenizer;
    char *text = s->text + first;
    if (first == last) return 0;
    const int lead = t->lead == LEAD_SPACE || (t->lead == LEAD_SPACE_UNLESS_THERE && *text != ' ');
    const char before = text[-1];
    int64_t longest = 0;
    struct words w = {.text = text - lead, .bytes = last - first + lead};
    if (lead) text[-1] = ' ';
    while (t->model->next_word(t, &w)) {
        longest = max_i64(longest, w.at - w.first);
        if (sink) t->model->tokenize(t, w.text + w.first, w.at - w.first, workspace, sink);
    }
    text[-1] = before;
    return longest;
}

static int64_t put_all(const struct stretch *s, void *workspace, struct token_sink *sink) {
    struct match match;
    int64_t at = 0, longest = 0;
    for (; added_tokens_next(&s->tokenizer->normalised, s->with_special, s->text, s->bytes, at, &match);
         at = match.last) {
        longest = max_i64(longest, put_words(s, at, match.first, workspace, sink));
        if (sink) token_put(sink, match.id);
    }
    return max_i64(longest, put_words(s, at, s->bytes, workspace, sink));
}

/* Reserves scratch memory for the stretch and what follows it, and writes the stretch there. */
static sa_status write_stretch(sa_ctx *ctx, struct stretch *s, const char *text, int64_t bytes,
                               const struct ledger *ledger) {
    if (!ledger_fits(ledger)) return fail_overflow(&ctx->report, "the size of the scratch memory");
    sa_status status = context_reserve(ctx, ledger->bytes);
    if (status != SA_OK) return status;
    s->text = (char *)ctx->scratch + 1;
    s->tokenizer->model->normalise(s->tokenizer, text, bytes, s->text);
    return SA_OK;
}

/* Reserves memory behind the stretch for its longest word. If the scratch memory moves, the stretch is written
 * again. */
static sa_status add_workspace(sa_ctx *ctx, struct stretch *s, const char *text, int64_t bytes, struct ledger *ledger,
                               int64_t *workspace) {
    const struct token_model *model = s->tokenizer->model;
    *workspace = 0;
    if (!model->workspace) return SA_OK;
    const int64_t longest = put_all(s, NULL, NULL);
    if (longest > MERGE_MOST_BYTES)
        return fail(&ctx->report, SA_ERR_TEXT, "the text has a word of %lld bytes, at most %d are supported",
                    (long long)longest, MERGE_MOST_BYTES);
    *workspace = ledger_book(ledger, "longest word", model->workspace(longest), 1, 1);
    const int has_room = ledger_fits(ledger) && ledger->bytes <= ctx->scratch_bytes;
    return has_room ? SA_OK : write_stretch(ctx, s, text, bytes, ledger);
}

/* A stretch of text without literal added tokens. */
static sa_status put_stretch(sa_ctx *ctx, struct stretch *s, const char *text, int64_t bytes, struct token_sink *sink) {
    struct ledger ledger = {.title = "a stretch of text"};
    int64_t workspace;
    s->bytes = s->tokenizer->model->normalise(s->tokenizer, text, bytes, NULL);
    if (s->bytes == 0) return SA_OK;
    ledger_book(&ledger, "text", s->bytes + 1, 1, 1);
    sa_status status = write_stretch(ctx, s, text, bytes, &ledger);
    if (status == SA_OK) status = add_workspace(ctx, s, text, bytes, &ledger, &workspace);
    if (status != SA_OK) return status;
    ledger_open(&ledger, ctx->scratch);
    put_all(s, (char *)ctx->scratch + workspace, sink);
    ledger_close(&ledger, ctx->scratch);
    return SA_OK;
}

static sa_status put_text(sa_ctx *ctx, const struct sa_tokenizer *t, int32_t flags, const char *text, int64_t bytes,
                          struct token_sink *sink) {
    struct stretch s = {.tokenizer = t, .with_special = !(flags & SA_ENCODE_NO_SPECIAL)};
    struct match match;
    int64_t at = 0;
    sa_status status = SA_OK;
    for (; status == SA_OK && added_tokens_next(&t->literal, s.with_special, text, bytes, at, &match);
         at = match.last) {
        status = put_stretch(ctx, &s, text + at, match.first - at, sink);
        token_put(sink, match.id);
    }
    return status == SA_OK ? put_stretch(ctx, &s, text + at, bytes - at, sink) : status;
}

static void put_around(const struct around *around, int32_t flags, struct token_sink *sink) {
    for (int i = 0; i < around->count && !(flags & SA_ENCODE_NO_TEMPLATE); i++) token_put(sink, around->ids[i]);
}

static sa_status check_text(struct report *report, const char *text, int64_t bytes) {
    if (bytes < 0) return fail(report, SA_ERR_VALUE, "bytes is %lld, must be at least 0", (long long)bytes);
    if (bytes && !text) return fail_null(report, "text");
    const int64_t wrong = invalid_utf8(text, bytes);
    if (wrong < 0) return SA_OK;
    return fail(report, SA_ERR_TEXT, "the text is not UTF-8 at byte %lld, which is 0x%02x", (long long)wrong,
                (unsigned char)text[wrong]);
}

static sa_status encode(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes, int32_t flags,
                        struct token_sink *sink) {
    struct report *report = &ctx->report;
    if (!t) return fail_null(report, "tokenizer");
    if (sink->capacity < 0)
        return fail(report, SA_ERR_VALUE, "capacity is %lld, must be at least 0", (long long)sink->capacity);
    if (sink->capacity && !sink->ids) return fail_null(report, "ids");
    if (flags & ~(SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL))
        return fail(report, SA_ERR_VALUE, "flags is %d, which is no sum of SA_ENCODE_ constants", (int)flags);
    sa_status status = check_text(report, text, bytes);
    if (status != SA_OK) return status;
    put_around(&t->before, flags, sink);
    status = put_text(ctx, t, flags, text, bytes, sink);
    put_around(&t->after, flags, sink);
    if (status != SA_OK || sink->capacity == 0 || sink->count <= sink->capacity) return status;
    return fail(report, SA_ERR_TEXT, "the text has %lld tokens, ids has room for %lld", (long long)sink->count,
                (long long)sink->capacity);
}

sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                   int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) {
    struct token_sink sink = {ids, capacity, 0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = count ? encode(ctx, tokenizer, text, bytes, flags, &sink) : fail_null(&ctx->report, "count");
    if (count) *count = sink.count;
    return context_leave(ctx, status);
}

sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t *ids,
                              int64_t capacity, int64_t *count) {
    return sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, 0, ids, capacity, count);
}
