/* The tokenizer's handle: which file it is read from, and what can be asked about it.
 * SPDX-License-Identifier: MIT */
#include "text/tokenizer.h"

#include "api/context.h"
#include "base/compiler.h"
#include "file/choose.h"
#include "file/gguf.h"
#include "file/llama2c.h"
#include "file/path.h"
#include "text/source/families.h"

#include <stdio.h>
#include <string.h>

static const struct choice choices[] = {{.name = "tokenizer.json"}, {.name = "tokenizer.model"},
                                        {.name = "spiece.model"},   {.name = "sentencepiece.bpe.model"},
                                        {.name = "source.spm"},     {.name = "vocab.json"},
                                        {.name = "vocab.txt"},      {.name = "tokenizer.bin"},
                                        {.ending = ".gguf"}};
static const char wanted[] = "tokenizer.json, tokenizer.model, spiece.model, sentencepiece.bpe.model, source.spm, "
                             "vocab.json with merges.txt, vocab.txt, tokenizer.bin or *.gguf";

static sa_status read_json(sa_ctx *ctx, const struct mapped_file *file, struct sa_tokenizer *t) {
    const struct json_source source = {&ctx->report, file->name};
    json_t *root;
    sa_status status = json_parse(&source, file->bytes, file->size, &root);
    if (status == SA_OK) status = tokenizer_read(ctx, &source, root, t);
    json_decref(root);
    return status;
}

static sa_status read_gguf(sa_ctx *ctx, const struct mapped_file *file, struct sa_tokenizer *t) {
    struct gguf gguf;
    sa_status status = gguf_read(&t->memory, &ctx->report, file, &gguf);
    if (status == SA_OK) status = gguf_read_tokenizer(ctx, &gguf, t);
    gguf_release(&gguf);
    return status;
}

/* CTranslate2's models begin with a version, and with the name of a specification: its length, then the text. */
static int is_ctranslate2(const struct mapped_file *file) {
    enum { NAME = 6, LONGEST = 64 };
    const unsigned char *p = file->bytes;
    if (file->size < NAME) return 0;
    const int64_t length = p[4] | p[5] << 8;
    return !p[1] && !p[2] && !p[3] && length > 5 && length < LONGEST && NAME + length <= file->size &&
           !memcmp(p + NAME + length - 5, "Spec", 5);
}

/* Files of tokens and of weights have the same endings. */
static sa_status read_bin(struct report *report, const struct mapped_file *file, struct sa_tokenizer *t) {
    if (is_ctranslate2(file))
        return fail(report, SA_ERR_UNSUPPORTED,
                    "%s: is a model of CTranslate2, which has no tokenizer in it; its vocabulary is a list beside it, "
                    "such as source_vocabulary.txt",
                    file->name);
    if (file->size >= 2 && !memcmp(file->bytes, "PK", 2))
        return fail(report, SA_ERR_UNSUPPORTED, "%s: is an archive of PyTorch's weights, not a tokenizer", file->name);
    return llama2c_read_tokenizer(report, file, t);
}

static sa_status read_file(sa_ctx *ctx, const char *path, const struct mapped_file *file, struct sa_tokenizer *t) {
    if (has_ending(path, ".bin")) return read_bin(&ctx->report, file, t);
    if (has_ending(path, ".gguf")) return read_gguf(ctx, file, t);
    if (has_ending(path, ".model") || has_ending(path, ".spm")) return families_open_sentencepiece(ctx, path, file, t);
    if (has_ending(path, ".txt")) return families_open_list(ctx, path, file, t);
    if (has_ending(path, "vocab.json")) return families_open_pair(ctx, path, t);
    return read_json(ctx, file, t);
}

static sa_status open_file(sa_ctx *ctx, const char *path, struct sa_tokenizer *t) {
    struct mapped_file file;
    /* A GGUF file has weights, too. */
    sa_status status = has_ending(path, ".gguf") ? file_map(&ctx->report, path, &file)
                                                 : file_read(&ctx->memory, &ctx->report, path, JSON_MOST_BYTES, &file);
    if (status == SA_OK) status = read_file(ctx, path, &file, t);
    file_close(&file);
    return status;
}

static sa_status open_directory(sa_ctx *ctx, const char *directory, struct sa_tokenizer *t) {
    char *path;
    sa_status status = choose_file(&ctx->memory, &ctx->report, directory, choices, COUNT_OF(choices), wanted, &path);
    if (status == SA_OK) status = open_file(ctx, path, t);
    path_release(&ctx->memory, path);
    return status;
}

sa_status tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) {
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
    return status == SA_OK ? context_leave(ctx, tokenizer_open(ctx, path, tokenizer)) : status;
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

int32_t tokenizer_language(const struct sa_tokenizer *t, const char *code) {
    /* "de" may be a word as well: the marks come first. */
    static const char *const forms[] = {"__%s__", ">>%s<<", "<2%s>", "%s"};
    char text[80];
    int32_t id = -1;
    for (int64_t i = 0; i < COUNT_OF(forms) && id < 0; i++) {
        const int length = snprintf(text, sizeof text, forms[i], code);
        if (length > 0 && length < (int)sizeof text) id = vocabulary_find_any(&t->vocabulary, text, length);
    }
    return id;
}

const char visible_space[] = "\xe2\x96\x81";

void byte_text(int byte, char text[BYTE_TEXT]) {
    snprintf(text, BYTE_TEXT, "<0x%02X>", (unsigned)byte & 0xffu);
}

int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer) {
    return tokenizer ? vocabulary_size(&tokenizer->vocabulary) : 0;
}

const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id) {
    return tokenizer ? vocabulary_text(&tokenizer->vocabulary, id) : NULL;
}

const char *sa_tokenizer_chat_template(const sa_tokenizer *tokenizer) {
    return tokenizer ? tokenizer->chat_template : NULL;
}

sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id) {
    if (!tokenizer || !text || !id) return SA_ERR_NULL;
    *id = vocabulary_find_any(&tokenizer->vocabulary, text, (int64_t)strlen(text));
    return *id >= 0 ? SA_OK : SA_ERR_VALUE;
}

sa_status sa_tokenizer_language(const sa_tokenizer *tokenizer, const char *code, int32_t *id) {
    if (!tokenizer || !code || !id) return SA_ERR_NULL;
    *id = tokenizer_language(tokenizer, code);
    return *id >= 0 ? SA_OK : SA_ERR_VALUE;
}
