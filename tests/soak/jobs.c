/* SPDX-License-Identifier: MIT */
#include "soak/jobs.h"

#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { H = 6, K = 2, D = 24, E = H * D, MOST = 150, BATCH = 3, WORDS = 20, NEW = 6, MOST_WIDTH = 128 };

static void check(sa_status status, const sa_ctx *ctx) {
    if (status == SA_OK) return;
    fprintf(stderr, "%s\n", sa_ctx_last_error(ctx));
    exit(1);
}

static uint64_t sum_of(uint64_t sum, const void *data, size_t bytes) {
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i++) sum = (sum ^ p[i]) * 0x100000001b3u;
    return sum;
}

static float *drawn(struct rng *rng, int64_t count) {
    float *x = malloc((size_t)count * sizeof *x);
    if (!x) exit(1);
    for (int64_t i = 0; i < count; i++) x[i] = rng_normal(rng) / 4;
    return x;
}

static void open_model(sa_ctx *ctx, const char *name, sa_model **model) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/tests/data/architectures/%s", SELFATTN_SOURCE_DIR, name);
    check(sa_model_open(ctx, path, model), ctx);
}

void shared_open(struct shared *shared) {
    struct rng rng = {1};
    float *weights = drawn(&rng, E * E);
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .kv_heads = K,
                                    .weight_q = weights,
                                    .weight_k = weights,
                                    .weight_v = weights + E,
                                    .weight_o = weights};
    sa_ctx *ctx;
    check(sa_ctx_create(NULL, &ctx), NULL);
    check(sa_layer_create(ctx, &config, &shared->layer), ctx);
    open_model(ctx, "bert", &shared->encoder);
    open_model(ctx, "llama", &shared->decoder);
    sa_ctx_destroy(&ctx);
    free(weights);
}

void shared_close(struct shared *shared) {
    sa_layer_destroy(&shared->layer);
    sa_model_destroy(&shared->encoder);
    sa_model_destroy(&shared->decoder);
}

static uint64_t attend(sa_ctx *ctx, struct rng *rng) {
    const int64_t B = 1 + rng_below(rng, BATCH), T = 1 + rng_below(rng, MOST), S = T + rng_below(rng, MOST);
    int64_t lengths[BATCH];
    for (int b = 0; b < BATCH; b++) lengths[b] = rng_below(rng, S + 1);
    float *q = drawn(rng, B * H * T * D), *k = drawn(rng, B * K * S * D), *o = calloc((size_t)(B * H * T * D), 4);
    const int windowed = rng_chance(rng, .5);
    const sa_masking masking = {.struct_size = sizeof masking,
                                .key_lengths = rng_chance(rng, .5) ? lengths : NULL,
                                .causal = rng_chance(rng, .5),
                                .window = windowed,
                                .window_left = windowed ? rng_below(rng, S) : 0,
                                .window_right = windowed ? rng_below(rng, S) : 0};
    sa_attention_args args = {.struct_size = sizeof args, .masking = &masking};
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, B, K, S, D);
    args.value = args.key;
    sa_tensor_set(&args.output, o, SA_F32, SA_BHSD, B, H, T, D);
    check(sa_attention(ctx, &args), ctx);
    const uint64_t sum = sum_of(1, o, (size_t)(B * H * T * D) * sizeof *o);
    free(q), free(k), free(o);
    return sum;
}

/* All tokens at once, or in chunks from a cache. */
static uint64_t forward(sa_ctx *ctx, const sa_layer *layer, struct rng *rng) {
    const sa_cache_config config = {
        .struct_size = sizeof config, .layers = 1, .batch = 1, .kv_heads = K, .head_size = D};
    const int64_t T = 1 + rng_below(rng, MOST);
    const int cached = rng_chance(rng, .5);
    const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    float *x = drawn(rng, T * E), *y = calloc((size_t)(T * E), sizeof *y);
    sa_cache *cache = NULL;
    if (cached) check(sa_cache_create(ctx, &config, &cache), ctx);
    for (int64_t at = 0, count; at < T; at += count) {
        count = cached ? 1 + rng_below(rng, T - at) : T;
        sa_forward_args args = {.struct_size = sizeof args, .masking = &causal, .cache = cache};
        sa_tensor_set(&args.x, x + at * E, SA_F32, SA_BSHD, 1, 1, count, E);
        sa_tensor_set(&args.y, y + at * E, SA_F32, SA_BSHD, 1, 1, count, E);
        check(sa_forward(ctx, layer, &args), ctx);
    }
    const uint64_t sum = sum_of(2, y, (size_t)(T * E) * sizeof *y);
    sa_cache_destroy(&cache);
    free(x), free(y);
    return sum;
}

static void draw_ids(struct rng *rng, const sa_model *model, int64_t count, int32_t *ids) {
    for (int64_t i = 0; i < count; i++)
        ids[i] = (int32_t)(3 + rng_below(rng, sa_model_get(model, SA_MODEL_VOCABULARY) - 3));
}

static uint64_t encode(sa_ctx *ctx, const sa_model *model, struct rng *rng) {
    const int64_t B = 1 + rng_below(rng, BATCH), T = 1 + rng_below(rng, WORDS),
                  width = sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH);
    int32_t ids[BATCH * WORDS];
    int64_t lengths[BATCH];
    float embedding[BATCH * MOST_WIDTH];
    if (width > MOST_WIDTH) exit(1);
    draw_ids(rng, model, B * T, ids);
    for (int b = 0; b < BATCH; b++) lengths[b] = 1 + rng_below(rng, T);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = B, .tokens = T, .ids = ids, .lengths = lengths, .embedding = embedding};
    check(sa_model_encode(ctx, model, &args), ctx);
    return sum_of(3, embedding, (size_t)(B * width) * sizeof *embedding);
}

/* A text is read by the first sequence, the second is its fork, and both go on. */
static uint64_t write_texts(sa_ctx *ctx, const sa_model *model, struct rng *rng) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = 2};
    const int64_t T = 1 + rng_below(rng, WORDS), first[2] = {T, 0};
    int32_t ids[2 * WORDS], written[2 * NEW] = {0};
    int64_t counts[2];
    float scores[2 * NEW] = {0};
    sa_session *session;
    draw_ids(rng, model, 2 * T, ids);
    const sa_session_args run = {.struct_size = sizeof run, .tokens = T, .ids = ids, .lengths = first};
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = T,
                                   .ids = ids,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = counts,
                                   .log_probabilities = scores};
    check(sa_session_create(ctx, model, &config, &session), ctx);
    check(sa_session_run(ctx, session, &run), ctx);
    check(sa_session_fork(session, 0, 1), NULL);
    check(sa_generate(ctx, session, &args), ctx);
    sa_session_destroy(&session);
    return sum_of(sum_of(4, written, sizeof written), scores, sizeof scores);
}

uint64_t job_run(sa_ctx *ctx, const struct shared *shared, uint64_t seed) {
    struct rng rng = {seed};
    switch (rng_below(&rng, 4)) {
    case 0:
        return attend(ctx, &rng);
    case 1:
        return forward(ctx, shared->layer, &rng);
    case 2:
        return encode(ctx, shared->encoder, &rng);
    default:
        return write_texts(ctx, shared->decoder, &rng);
    }
}
