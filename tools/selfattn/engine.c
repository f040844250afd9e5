/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include "exit.h"
#include "json_read.h"
#include "weights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t precision_of(const char *name) {
    static const char *const names[] = {"highest", "high", "medium"};
    for (int32_t i = 0; i < 3; i++)
        if (!name || !strcmp(name, names[i])) return i;
    usage_error("--precision is \"%s\", must be highest, high or medium", name);
}

struct engine engine_begin(const struct common *common) {
    struct engine e = {.adapter = common->adapter};
    sa_ctx_options options = {
        .struct_size = sizeof options, .threads = common->threads, .precision = precision_of(common->precision)};
    check(sa_ctx_create(&options, &e.ctx), NULL);
    return e;
}

char *engine_directory(const char *model) {
    struct stat status;
    const char *slash = strrchr(model, '/');
    size_t length = slash ? (size_t)(slash - model) : 0;
    if (stat(model, &status) || S_ISDIR(status.st_mode)) length = strlen(model);
    char *directory = allocate(length + 3, 1);
    snprintf(directory, length + 3, "%.*s/", (int)(length ? length : 1), length ? model : ".");
    return directory;
}

json_t *engine_json_beside(const char *model, const char *name, int may_be_missing) {
    char path[4096], *directory = engine_directory(model);
    json_error_t error;
    snprintf(path, sizeof path, "%s%s", directory, name);
    free(directory);
    if (may_be_missing && access(path, F_OK) && errno == ENOENT) return NULL;
    json_t *json = json_read(path, &error);
    if (!json_is_object(json)) failure("%s: %s", path, json ? "is not an object" : error.text);
    return json;
}

json_t *engine_preparation(const char *model, const char *section, int may_be_missing, const char **file) {
    json_t *whole = engine_json_beside(model, *file = "processor_config.json", 1);
    json_t *inner = json_incref(json_object_get(whole, section));
    json_decref(whole);
    if (json_is_object(inner)) return inner;
    json_decref(inner);
    return engine_json_beside(model, *file = "preprocessor_config.json", may_be_missing);
}

int engine_is_gguf(const char *model) {
    size_t length = strlen(model);
    return length > 5 && !strcmp(model + length - 5, ".gguf");
}

void engine_load_tokenizer(struct engine *engine, const char *model, const char *tokenizer) {
    char *directory = engine_directory(model);
    if (!tokenizer) tokenizer = engine_is_gguf(model) ? model : directory;
    check(sa_tokenizer_open(engine->ctx, tokenizer, &engine->tokenizer), engine->ctx);
    engine->special = engine_tokens(engine, "");
    free(directory);
}

struct engine engine_open(const char *model, const char *tokenizer, const struct common *common) {
    struct engine e = engine_begin(common);
    engine_load_tokenizer(&e, model, tokenizer);
    return e;
}

static void load(struct engine *engine, const char *model, const sa_model_options *options) {
    check(engine->adapter ? sa_model_open_adapted(engine->ctx, model, engine->adapter, options, &engine->model)
                          : sa_model_open_with(engine->ctx, model, options, &engine->model),
          engine->ctx);
    engine->directory = engine_directory(model);
}

void engine_load(struct engine *engine, const char *model) {
    load(engine, model, NULL);
}

void engine_load_as(struct engine *engine, const char *model, const char *weights) {
    sa_model_options options = {.struct_size = sizeof options};
    if (weights) options.convert = 1, options.weights = weights_of("--weights", weights);
    load(engine, model, &options);
}

void engine_load_part(struct engine *engine, const char *model, const char *part, int32_t image_size) {
    const sa_model_options options = {.struct_size = sizeof options, .part = part, .image_size = image_size};
    load(engine, model, &options);
}

void engine_unload(struct engine *engine) {
    sa_model_destroy(&engine->model);
    free(engine->directory);
    engine->directory = NULL;
}

void engine_close(struct engine *engine) {
    sa_model_destroy(&engine->model);
    sa_tokenizer_destroy(&engine->tokenizer);
    sa_ctx_destroy(&engine->ctx);
    free(engine->special.id);
    free(engine->directory);
}

void engine_add_tokens(const struct engine *e, const char *text, int32_t flags, struct tokens *tokens) {
    int64_t bytes = (int64_t)strlen(text), more;
    check(sa_tokenizer_encode_with(e->ctx, e->tokenizer, text, bytes, flags, NULL, 0, &more), e->ctx);
    tokens->id = reallocate(tokens->id, (size_t)(tokens->count + more + 1), sizeof *tokens->id);
    int32_t *id = tokens->id + tokens->count;
    if (more) check(sa_tokenizer_encode_with(e->ctx, e->tokenizer, text, bytes, flags, id, more, &more), e->ctx);
    tokens->count += more;
}

struct tokens engine_tokens(const struct engine *engine, const char *text) {
    struct tokens t = {0};
    engine_add_tokens(engine, text, 0, &t);
    return t;
}

void engine_check_fit(const struct engine *engine, const struct tokens *t, const char *text) {
    long long most = sa_model_get(engine->model, SA_MODEL_MAX_POSITIONS);
    if (most > 0 && t->count > most)
        failure("a text has %lld tokens, the model reads at most %lld: %.60s...", (long long)t->count, most, text);
}

struct tokens engine_tokens_behind(const struct engine *engine, const char *prompt, const char *text) {
    char *whole = allocate(strlen(prompt ? prompt : "") + strlen(text) + 1, 1);
    strcat(strcpy(whole, prompt ? prompt : ""), text);
    struct tokens t = engine_tokens(engine, whole);
    free(whole);
    return t;
}

struct tokens engine_tokens_that_fit(const struct engine *engine, const char *text) {
    struct tokens t = engine_tokens(engine, text);
    engine_check_fit(engine, &t, text);
    return t;
}

int tokens_have(const struct tokens *tokens, int32_t id) {
    for (int64_t i = 0; i < tokens->count; i++)
        if (tokens->id[i] == id) return 1;
    return 0;
}

void tokens_shorten(struct tokens *tokens, int64_t most) {
    if (tokens->count <= most) return;
    tokens->id[most - 1] = tokens->id[tokens->count - 1];
    tokens->count = most;
}

int engine_is_special(const struct engine *engine, int32_t id) {
    return tokens_have(&engine->special, id);
}

char *engine_text(const struct engine *e, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count) {
    int64_t bytes;
    check(sa_tokenizer_decode(e->ctx, tokenizer, ids, count, NULL, 0, &bytes), e->ctx);
    char *text = allocate((size_t)bytes + 1, 1);
    if (bytes) check(sa_tokenizer_decode(e->ctx, tokenizer, ids, count, text, bytes, &bytes), e->ctx);
    return text;
}

char **engine_pieces(const struct engine *e, const struct tokens *t) {
    char *text = engine_text(e, e->tokenizer, t->id, t->count), **piece = allocate((size_t)t->count + 1, sizeof *piece);
    for (int64_t i = 0, begin = 0, end; i < t->count; i++, begin = end) {
        check(sa_tokenizer_decode(e->ctx, e->tokenizer, t->id, i + 1, NULL, 0, &end), e->ctx);
        piece[i] = strndup(text + begin, (size_t)(end - begin));
        if (!piece[i]) failure("no memory for a text");
    }
    free(text);
    return piece;
}

struct tokens engine_end_tokens(const struct engine *e) {
    struct tokens t = {.count = sa_model_end_tokens(e->model, NULL, 0)};
    t.id = allocate((size_t)t.count + 1, sizeof *t.id);
    sa_model_end_tokens(e->model, t.id, t.count);
    return t;
}
