/* SPDX-License-Identifier: MIT */
#include "writer_model.h"

#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { L = 2, E = 24, H = 3, K = 1, D = 8, F = 40 };

static void add(struct writer *w, const char *name, int64_t rows, int64_t columns, double mean, double spread,
                struct rng *rng) {
    const int64_t size[] = {rows, columns}, count = rows * (columns ? columns : 1);
    float *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = (float)(mean + spread * (double)rng_normal(rng));
    writer_add(w, name, "F32", columns ? 2 : 1, size, values);
    free(values);
}

static void add_layer(struct writer *w, int l, struct rng *rng) {
    const double e = 1.5 / sqrt(E), f = 1.5 / sqrt(F);
    const struct {
        const char *name;
        int64_t rows, columns;
        double mean, spread;
    } parts[] = {{"self_attn.q_proj", H * D, E, 0, 2 * e},
                 {"self_attn.k_proj", K * D, E, 0, 2 * e},
                 {"self_attn.v_proj", K * D, E, 0, e},
                 {"self_attn.o_proj", E, H * D, 0, e},
                 {"mlp.gate_proj", F, E, 0, e},
                 {"mlp.up_proj", F, E, 0, e},
                 {"mlp.down_proj", E, F, 0, f},
                 {"input_layernorm", E, 0, 1, 0.2},
                 {"post_attention_layernorm", E, 0, 1, 0.2}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "model.layers.%d.%s.weight", l, parts[i].name);
        add(w, name, parts[i].rows, parts[i].columns, parts[i].mean, parts[i].spread, rng);
    }
}

static void write_weights(const struct folder *folder, int64_t V, uint64_t seed, double norm) {
    struct rng rng = {seed};
    struct writer w = {0};
    size_t bytes;
    add(&w, "model.embed_tokens.weight", V, E, 0, 1, &rng);
    for (int l = 0; l < L; l++) add_layer(&w, l, &rng);
    add(&w, "model.norm.weight", E, 0, norm, 0.2, &rng);
    add(&w, "lm_head.weight", V, E, 0, 2 / sqrt(E), &rng);
    unsigned char *file = writer_finish(&w, &bytes);
    folder_write(folder, "model.safetensors", file, bytes);
    free(file);
}

sa_ctx *one_thread(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    return ctx_open(&options);
}

static sa_model *open_written(sa_ctx *ctx, const char *tokens, int64_t vocabulary, uint64_t seed, double norm,
                              const char *generation) {
    char config[600];
    snprintf(config, sizeof config,
             "{\"model_type\": \"llama\", %s\"num_hidden_layers\": %d, \"hidden_size\": %d, "
             "\"num_attention_heads\": %d, \"num_key_value_heads\": %d, \"intermediate_size\": %d, \"vocab_size\": "
             "%lld, \"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-5}",
             tokens, L, E, H, K, F, (long long)vocabulary);
    struct folder folder = folder_make();
    folder_write_text(&folder, "config.json", config);
    if (generation) folder_write_text(&folder, "generation_config.json", generation);
    write_weights(&folder, vocabulary, seed, norm);
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    return model;
}

sa_model *ruled_model(sa_ctx *ctx, int64_t vocabulary, int end, uint64_t seed, const char *generation) {
    char tokens[60] = "\"bos_token_id\": 1, ";
    if (end >= 0) snprintf(tokens, sizeof tokens, "\"bos_token_id\": 1, \"eos_token_id\": %d, ", end);
    return open_written(ctx, tokens, vocabulary, seed, 1, generation);
}

sa_model *writer_model(sa_ctx *ctx, int64_t vocabulary, int end, uint64_t seed) {
    return ruled_model(ctx, vocabulary, end, seed, NULL);
}

sa_model *model_without_start(sa_ctx *ctx, int64_t vocabulary, int spoiled) {
    return open_written(ctx, "", vocabulary, 1, spoiled ? NAN : 1, NULL);
}

/* A piece: score, length, bytes. */
static size_t put_piece(unsigned char *to, const char *text) {
    const float score = 0;
    const int32_t length = (int32_t)strlen(text);
    memcpy(to, &score, 4);
    memcpy(to + 4, &length, 4);
    memcpy(to + 8, text, (size_t)length);
    return 8 + (size_t)length;
}

sa_tokenizer *piece_tokenizer(sa_ctx *ctx, const char *const *pieces) {
    static unsigned char file[1 << 14];
    const int32_t longest = 32;
    size_t bytes = 4;
    char name[16];
    memcpy(file, &longest, 4);
    bytes += put_piece(file + bytes, "<unk>");
    bytes += put_piece(file + bytes, "\n<s>\n");
    bytes += put_piece(file + bytes, "\n</s>\n");
    for (unsigned i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "<0x%02X>", i);
        bytes += put_piece(file + bytes, name);
    }
    for (; *pieces; pieces++) bytes += put_piece(file + bytes, *pieces);
    struct folder folder = folder_make();
    sa_tokenizer *tokenizer;
    folder_write(&folder, "tokenizer.bin", file, bytes);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &tokenizer), SA_OK, "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    return tokenizer;
}

sa_session *session_of(sa_ctx *ctx, const sa_model *model, int64_t batch) {
    sa_session *session;
    const sa_session_config config = {.struct_size = sizeof config, .batch = batch};
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    return session;
}

void logits_after(sa_ctx *ctx, const sa_model *model, const int32_t *ids, int64_t count, float *logits) {
    const int64_t V = sa_model_get(model, SA_MODEL_OUTPUTS);
    float *all = calloc((size_t)(count * V), sizeof *all);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = 1, .tokens = count, .ids = ids, .logits = all};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    memcpy(logits, all + (count - 1) * V, (size_t)V * sizeof *logits);
    free(all);
}
