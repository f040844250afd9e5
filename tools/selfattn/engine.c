/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

struct engine engine_begin(int threads) {
    struct engine e = {0};
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    check(sa_ctx_create(&options, &e.ctx), NULL);
    return e;
}

struct engine engine_open(const char *directory, int threads) {
    struct engine e = engine_begin(threads);
    check(sa_tokenizer_open(e.ctx, directory, &e.tokenizer), e.ctx);
    e.special = engine_tokens(&e, "");
    return e;
}

void engine_load(struct engine *engine, const char *directory) {
    check(sa_model_open(engine->ctx, directory, &engine->model), engine->ctx);
}

void engine_close(struct engine *engine) {
    sa_model_destroy(&engine->model);
    sa_tokenizer_destroy(&engine->tokenizer);
    sa_ctx_destroy(&engine->ctx);
    free(engine->special.id);
}

struct tokens engine_tokens(const struct engine *engine, const char *text) {
    struct tokens t = {0};
    int64_t bytes = (int64_t)strlen(text);
    check(sa_tokenizer_encode(engine->ctx, engine->tokenizer, text, bytes, NULL, 0, &t.count), engine->ctx);
    t.id = allocate((size_t)t.count, sizeof *t.id);
    check(sa_tokenizer_encode(engine->ctx, engine->tokenizer, text, bytes, t.id, t.count, &t.count), engine->ctx);
    return t;
}

struct tokens engine_tokens_that_fit(const struct engine *engine, const char *text) {
    struct tokens t = engine_tokens(engine, text);
    long long most = sa_model_get(engine->model, SA_MODEL_MAX_POSITIONS);
    if (t.count > most)
        failure("a text has %lld tokens, the model reads at most %lld: %.60s...", (long long)t.count, most, text);
    return t;
}

int engine_is_special(const struct engine *engine, int32_t id) {
    for (int64_t i = 0; i < engine->special.count; i++)
        if (engine->special.id[i] == id) return 1;
    return 0;
}

float *engine_embed(const struct engine *engine, const char *text) {
    struct tokens t = engine_tokens_that_fit(engine, text);
    float *embedding = allocate((size_t)sa_model_get(engine->model, SA_MODEL_WIDTH), sizeof *embedding);
    sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = t.count, .ids = t.id, .embedding = embedding};
    check(sa_model_encode(engine->ctx, engine->model, &args), engine->ctx);
    free(t.id);
    return embedding;
}
