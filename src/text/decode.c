/* From token numbers back to text.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "text/tokenizer.h"

#include <string.h>

void text_put(struct text_sink *sink, const char *text, int64_t bytes) {
    const int64_t room = sink->capacity - sink->bytes;
    if (room > 0) memcpy(sink->text + sink->bytes, text, (size_t)min_i64(bytes, room));
    sink->bytes += bytes;
}

int tokenizer_put(const struct sa_tokenizer *t, int32_t id, struct decoded *decoded, struct text_sink *sink) {
    const struct token *token = vocabulary_token(&t->vocabulary, id);
    if (!token) return 0;
    if (token->kind != TOKEN_SPECIAL) decoder_put(&t->decoder, &t->vocabulary, token, decoded, sink);
    decoded->before = token;
    return 1;
}

void tokenizer_put_next(const struct sa_tokenizer *t, int32_t previous, int32_t id, struct text_sink *sink) {
    const struct token *before = vocabulary_token(&t->vocabulary, previous);
    const struct token *shown = before && before->kind != TOKEN_SPECIAL ? before : NULL;
    struct decoded decoded = {before, shown, shown ? -1 : 0};
    tokenizer_put(t, id, &decoded, sink);
}

int64_t tokenizer_piece_bytes(const struct sa_tokenizer *t) {
    return t->piece_bytes;
}

static sa_status put_all(struct report *report, const struct sa_tokenizer *t, const int32_t *ids, int64_t count,
                         struct text_sink *sink) {
    struct decoded decoded = {NULL, NULL, 0};
    for (int64_t i = 0; i < count; i++)
        if (!tokenizer_put(t, ids[i], &decoded, sink))
            return fail(report, SA_ERR_VALUE, "ids[%lld] is %d, which is no token", (long long)i, (int)ids[i]);
    return SA_OK;
}

static sa_status decode(struct report *report, const sa_tokenizer *t, const int32_t *ids, int64_t count,
                        struct text_sink *sink) {
    if (!t) return fail_null(report, "tokenizer");
    if (count < 0) return fail(report, SA_ERR_VALUE, "count is %lld, must be at least 0", (long long)count);
    if (sink->capacity < 0)
        return fail(report, SA_ERR_VALUE, "capacity is %lld, must be at least 0", (long long)sink->capacity);
    if (count && !ids) return fail_null(report, "ids");
    if (sink->capacity && !sink->text) return fail_null(report, "text");
    sa_status status = put_all(report, t, ids, count, sink);
    if (status != SA_OK || sink->capacity == 0 || sink->bytes <= sink->capacity) return status;
    return fail(report, SA_ERR_TEXT, "the text has %lld bytes, there is room for %lld", (long long)sink->bytes,
                (long long)sink->capacity);
}

sa_status sa_tokenizer_decode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count, char *text,
                              int64_t capacity, int64_t *bytes) {
    struct text_sink sink = {text, capacity, 0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? decode(&ctx->report, tokenizer, ids, count, &sink) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = sink.bytes;
    return context_leave(ctx, status);
}
