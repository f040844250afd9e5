/* SPDX-License-Identifier: MIT */
#include "layer/text.h"

#include <criterion/criterion.h>
#include <math.h>

static void fill(float *x, size_t count, struct rng *rng, float deviation) {
    for (size_t i = 0; i < count; i++) x[i] = rng_normal(rng) * deviation;
}

void text_make(struct text *t, int parts) {
    struct rng rng = {17};
    int64_t other = parts & TEXT_CROSS ? TEXT_CONTEXT : TEXT_WIDTH;
    *t = (struct text){.masking = {.struct_size = sizeof t->masking, .causal = !(parts & TEXT_CROSS)}};
    fill(t->x[0][0], sizeof t->x / sizeof(float), &rng, 1);
    fill(t->context[0][0], sizeof t->context / sizeof(float), &rng, 1);
    fill(t->weights[0], sizeof t->weights / sizeof(float), &rng, .25f);
    fill(t->bias, sizeof t->bias / sizeof(float), &rng, 1);
    for (int i = 0; i < TEXT_SIZE; i++) t->norms[0][i] = 1 + .05f * (float)i, t->norms[1][i] = 1.3f - .05f * (float)i;
    for (int h = 0; h < TEXT_HEADS; h++) t->slopes[h] = .01f * (float)(h + 1), t->sinks[h] = (float)h - 1;
    t->rope = (sa_rope){.struct_size = sizeof t->rope, .rotary = TEXT_SIZE - 2, .theta = 300};
    t->rules = (sa_score_rules){.struct_size = sizeof t->rules,
                                .alibi_slopes = t->slopes,
                                .relative_bias = t->bias,
                                .relative_reach = TEXT_REACH,
                                .sink_logits = t->sinks};
    t->config = (sa_layer_config){.struct_size = sizeof t->config,
                                  .model_width = TEXT_WIDTH,
                                  .context_width = other,
                                  .query_heads = TEXT_HEADS,
                                  .kv_heads = TEXT_KV_HEADS,
                                  .head_size = TEXT_SIZE,
                                  .value_head_size = TEXT_VALUE_SIZE,
                                  .weight_q = t->weights[0],
                                  .weight_k = t->weights[1],
                                  .weight_v = t->weights[2],
                                  .weight_o = t->weights[3]};
    if (parts & TEXT_ROPE) t->config.rope = &t->rope;
    if (parts & TEXT_NORMS) t->config.query_norm = t->norms[0], t->config.key_norm = t->norms[1];
    if (parts & TEXT_RULES) t->config.rules = &t->rules;
}

sa_layer *text_layer(const struct text *t, sa_ctx *ctx) {
    sa_layer *layer = NULL;
    cr_assert_eq(sa_layer_create(ctx, &t->config, &layer), SA_OK, "%s", sa_ctx_last_error(ctx));
    return layer;
}

sa_cache *text_cache(sa_ctx *ctx, int64_t batch, sa_cache_config config) {
    sa_cache *cache = NULL;
    config.struct_size = sizeof config, config.batch = batch, config.kv_heads = TEXT_KV_HEADS;
    config.head_size = TEXT_SIZE, config.value_head_size = TEXT_VALUE_SIZE;
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    return cache;
}

sa_forward_args text_call(struct text *t, int64_t sequence, int64_t batch, int64_t at, int64_t count, float *y) {
    sa_forward_args a = {.struct_size = sizeof a, .masking = &t->masking};
    sa_tensor_set(&a.x, t->x[sequence][at], SA_F32, SA_BHSD, batch, 1, count, TEXT_WIDTH);
    a.x.stride[0] = TEXT_TOKENS * TEXT_WIDTH;
    sa_tensor_set(&a.y, y, SA_F32, SA_BHSD, batch, 1, count, TEXT_WIDTH);
    return a;
}

void text_run(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) {
    cr_assert_eq(sa_forward(ctx, layer, args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void project(const float *x, const float *weights, int64_t out, float *y) {
    for (int64_t o = 0; o < out; o++) {
        double sum = 0;
        for (int64_t i = 0; i < TEXT_WIDTH; i++) sum += (double)weights[o * TEXT_WIDTH + i] * (double)x[i];
        y[o] = (float)sum;
    }
}

void text_keys(const struct text *t, int64_t sequence, int64_t count, float *keys, float *values) {
    const int64_t k = TEXT_KV_HEADS * TEXT_SIZE, v = TEXT_KV_HEADS * TEXT_VALUE_SIZE;
    for (int64_t i = 0; i < count; i++) {
        project(t->x[sequence][i], t->weights[1], k, keys + i * k);
        project(t->x[sequence][i], t->weights[2], v, values + i * v);
    }
}

double text_difference(const float *got, const float *want, int64_t count) {
    double off = 0, all = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = (double)got[i] - (double)want[i];
        off += isfinite(d) ? d * d : INFINITY;
        all += (double)want[i] * (double)want[i];
    }
    return sqrt(off / (all > 0 ? all : 1));
}
