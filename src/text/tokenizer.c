/* The tokenizer's handle: which file it is read from, and what can be asked about it.
 * SPDX-License-Identifier: MIT */
#include "text/tokenizer.h"

#include "api/context.h"
#include "base/compiler.h"
#include "file/choose.h"
#include "file/gguf.h"
#include "file/llama2c.h"
#include "file/path.h"

#include <stdio.h>
#include <string.h>

static const struct choice choices[] = {{.name = "tokenizer.json"}, {.name = "tokenizer.bin"}, {.ending = ".gguf"}};

static sa_status read_json(sa_ctx *ctx, const struct mapped_file *file, struct sa_tokenizer *t) {
    const struct json_source source = {&ctx->report, file->name};
    json_t *root;
    sa_status status = json_parse(&source, file->bytes, file->size, &root);
    if (status == SA_OK) status = tokenizer_read(ctx, &source, root, t);
    json_decref(root);
    return status;
}

static sa_status read_gguf(struct report *report, const struct mapped_file *file, struct sa_tokenizer *t) {
    struct gguf gguf;
    sa_status status = gguf_read(&t->memory, report, file, &gguf);
    if (status == SA_OK) status = gguf_read_tokenizer(&gguf, t);
    gguf_release(&gguf);
    return status;
}

static sa_status open_file(sa_ctx *ctx, const char *path, struct sa_tokenizer *t) {
    struct report *report = &ctx->report;
    struct mapped_file file;
    sa_status status = file_map(report, path, &file);
    if (status == SA_OK && has_ending(path, ".bin"))
        status = llama2c_read_tokenizer(report, &file, t);
    else if (status == SA_OK)
        status = has_ending(path, ".gguf") ? read_gguf(report, &file, t) : read_json(ctx, &file, t);
    file_unmap(&file);
    return status;
}

static sa_status open_directory(sa_ctx *ctx, const char *directory, struct sa_tokenizer *t) {
    char *path;
    sa_status status = choose_file(&ctx->memory, &ctx->report, directory, choices, COUNT_OF(choices),
                                   "tokenizer.json, tokenizer.bin or *.gguf", &path);
    if (status == SA_OK) status = open_file(ctx, path, t);
    path_release(&ctx->memory, path);
    return status;
}

static sa_status open_tokenizer(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) {
    struct sa_tokenizer made = {.memory = ctx->memory};
    if (!tokenizer) return fail_null(&ctx->report, "tokenizer");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = is_directory(path) ? open_directory(ctx, path, &made) : open_file(ctx, path, &made);
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

int32_t tokenizer_find(const struct sa_tokenizer *t, const char *text, int64_t bytes) {
    return vocabulary_find(&t->vocabulary, hash_more(hash_nothing, text, bytes), "", 0, text, bytes);
}

void byte_text(int byte, char text[BYTE_TEXT]) {
    snprintf(text, BYTE_TEXT, "<0x%02X>", (unsigned)byte & 0xffu);
}

int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer) {
    return tokenizer ? vocabulary_size(&tokenizer->vocabulary) : 0;
}

const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id) {
    return tokenizer ? vocabulary_text(&tokenizer->vocabulary, id) : NULL;
}

sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id) {
    if (!tokenizer || !text || !id) return SA_ERR_NULL;
    *id = vocabulary_find_any(&tokenizer->vocabulary, text, (int64_t)strlen(text));
    return *id >= 0 ? SA_OK : SA_ERR_VALUE;
}
