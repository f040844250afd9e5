/* The tokenizer's handle and the way of a text through it: added tokens are cut out, the rest is normalised, once more
 * searched for added tokens, cut into words, and the words into tokens.
 * SPDX-License-Identifier: MIT */
#include "model/tokenizer.h"

#include "api/context.h"
#include "model/characters.h"
#include "model/file.h"

static sa_status parse(sa_ctx *ctx, const char *path, struct sa_tokenizer *t) {
    struct mapped_file file;
    json_t *root = NULL;
    sa_status status = file_map(&ctx->report, path, &file);
    const struct json_source source = {&ctx->report, file.name};
    if (status == SA_OK) status = json_parse(&source, file.bytes, file.size, &root);
    if (status == SA_OK) status = tokenizer_read(&source, root, t);
    json_decref(root);
    file_unmap(&file);
    return status;
}

static sa_status parse_in(sa_ctx *ctx, const char *directory, struct sa_tokenizer *t) {
    char *path = NULL;
    sa_status status = path_join(&ctx->memory, &ctx->report, directory, "tokenizer.json", &path);
    if (status == SA_OK) status = parse(ctx, path, t);
    path_release(&ctx->memory, path);
    return status;
}

static sa_status open_tokenizer(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) {
    struct sa_tokenizer made = {.memory = ctx->memory};
    if (!tokenizer) return fail_null(&ctx->report, "tokenizer");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = is_directory(path) ? parse_in(ctx, path, &made) : parse(ctx, path, &made);
    if (status == SA_OK && !(*tokenizer = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(&ctx->report, sizeof made, "a tokenizer");
    if (status == SA_OK)
        **tokenizer = made;
    else
        tokenizer_release(&made);
    return status;
}

sa_status sa_tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) {
    if (tokenizer) *tokenizer = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, open_tokenizer(ctx, path, tokenizer)) : status;
}

void sa_tokenizer_destroy(sa_tokenizer **tokenizer) {
    if (!tokenizer || !*tokenizer) return;
    struct allocator memory = (*tokenizer)->memory;
    tokenizer_release(*tokenizer);
    memory_release(&memory, *tokenizer, 1, sizeof **tokenizer);
    *tokenizer = NULL;
}

int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer) {
    return tokenizer ? vocabulary_size(&tokenizer->vocabulary) : 0;
}

const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id) {
    return tokenizer ? vocabulary_text(&tokenizer->vocabulary, id) : NULL;
}

void token_put(struct token_sink *sink, int32_t id) {
    if (sink->count < sink->capacity) sink->ids[sink->count] = id;
    sink->count++;
}

static void put_words(const struct sa_tokenizer *t, const char *text, int64_t bytes, struct token_sink *sink) {
    int64_t at = 0, first;
    while (bert_next_word(text, bytes, &at, &first)) t->model->tokenize(t, text + first, at - first, sink);
}

/* A stretch of text without literal added tokens; its normal form goes to the context's scratch memory. */
static sa_status put_stretch(sa_ctx *ctx, const struct sa_tokenizer *t, const char *text, int64_t bytes,
                             struct token_sink *sink) {
    const int64_t length = bert_normalise(&t->rules, text, bytes, NULL);
    sa_status status = context_reserve(ctx, length);
    if (status != SA_OK || length == 0) return status;
    char *normal = ctx->scratch;
    struct match match;
    int64_t at = 0;
    bert_normalise(&t->rules, text, bytes, normal);
    for (; added_tokens_next(&t->normalised, normal, length, at, &match); at = match.last) {
        put_words(t, normal + at, match.first - at, sink);
        token_put(sink, match.id);
    }
    put_words(t, normal + at, length - at, sink);
    return SA_OK;
}

static sa_status put_text(sa_ctx *ctx, const struct sa_tokenizer *t, const char *text, int64_t bytes,
                          struct token_sink *sink) {
    struct match match;
    int64_t at = 0;
    sa_status status = SA_OK;
    for (; status == SA_OK && added_tokens_next(&t->literal, text, bytes, at, &match); at = match.last) {
        status = put_stretch(ctx, t, text + at, match.first - at, sink);
        token_put(sink, match.id);
    }
    return status == SA_OK ? put_stretch(ctx, t, text + at, bytes - at, sink) : status;
}

static void put_around(const struct around *around, struct token_sink *sink) {
    for (int i = 0; i < around->count; i++) token_put(sink, around->ids[i]);
}

static sa_status check_text(struct report *report, const char *text, int64_t bytes) {
    if (bytes < 0) return fail(report, SA_ERR_VALUE, "bytes is %lld", (long long)bytes);
    if (bytes && !text) return fail_null(report, "text");
    const int64_t wrong = invalid_utf8(text, bytes);
    if (wrong < 0) return SA_OK;
    return fail(report, SA_ERR_TEXT, "the text is not UTF-8 at byte %lld, which is 0x%02x", (long long)wrong,
                (unsigned char)text[wrong]);
}

static sa_status encode(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes, struct token_sink *sink) {
    struct report *report = &ctx->report;
    if (!t) return fail_null(report, "tokenizer");
    if (sink->capacity < 0) return fail(report, SA_ERR_VALUE, "capacity is %lld", (long long)sink->capacity);
    if (sink->capacity && !sink->ids) return fail_null(report, "ids");
    sa_status status = check_text(report, text, bytes);
    if (status != SA_OK) return status;
    put_around(&t->before, sink);
    status = put_text(ctx, t, text, bytes, sink);
    put_around(&t->after, sink);
    if (status != SA_OK || sink->capacity == 0 || sink->count <= sink->capacity) return status;
    return fail(report, SA_ERR_TEXT, "the text has %lld tokens, ids has room for %lld", (long long)sink->count,
                (long long)sink->capacity);
}

sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t *ids,
                              int64_t capacity, int64_t *count) {
    struct token_sink sink = {ids, capacity, 0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = count ? encode(ctx, tokenizer, text, bytes, &sink) : fail_null(&ctx->report, "count");
    if (count) *count = sink.count;
    return context_leave(ctx, status);
}
