/* SPDX-License-Identifier: MIT */
#include "attention/cache_pair.h"

#include "support/compare.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t value_size(const sa_cache_config *c) {
    return c->value_head_size ? c->value_head_size : c->head_size;
}

static sa_cache *open_cache(sa_ctx *ctx, const sa_cache_config *config) {
    sa_cache *cache = NULL;
    cr_assert_eq(sa_cache_create(ctx, config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    return cache;
}

void stored_tensor(sa_ctx *ctx, int32_t dtype, const void *x, int32_t given, int64_t rows, int64_t size, float *out) {
    sa_cache_config config = {.struct_size = sizeof config,
                              .batch = 1,
                              .kv_heads = 1,
                              .head_size = 1,
                              .value_head_size = size,
                              .dtype = dtype};
    sa_cache *cache = open_cache(ctx, &config);
    sa_masking masking = {.struct_size = sizeof masking, .window = 1};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .cache = cache};
    sa_tensor value, zero;
    float *zeros = calloc((size_t)(rows + 1), sizeof *zeros);
    sa_tensor_set(&zero, zeros, SA_F32, SA_BHSD, 1, 1, rows, 1);
    sa_tensor_set(&value, (void *)x, given, SA_BHSD, 1, 1, rows, size);
    sa_tensor_set(&a.output, out, SA_F32, SA_BHSD, 1, 1, rows, size);
    a.query = zero;
    cr_assert_eq(sa_cache_append(ctx, cache, 0, &zero, &value, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_cache_destroy(&cache);
    free(zeros);
}

void stored_as(sa_ctx *ctx, int32_t dtype, const float *x, int64_t rows, int64_t size, float *out) {
    stored_tensor(ctx, dtype, x, SA_F32, rows, size, out);
}

sa_ctx *reader_open(void) {
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 1, .path = has_blas ? SA_PATH_BLAS : SA_PATH_PLAIN};
    return ctx_open(&options);
}

int pair_open(struct pair *t, const struct way *way, const sa_cache_config *config, int64_t group, int64_t room,
              uint64_t seed) {
    *t = (struct pair){.way = way, .config = *config, .group = group, .room = room, .rng = {seed * 77 + 3}};
    t->ctx = way_open(way, 1);
    if (!t->ctx) return 0;
    t->config.struct_size = sizeof t->config;
    t->reader = reader_open();
    t->cache = open_cache(t->ctx, &t->config);
    size_t rows = (size_t)(config->batch * room * config->kv_heads);
    for (int layer = 0; layer < PAIR_LAYERS; layer++) {
        t->key[layer] = calloc(rows * (size_t)config->head_size, sizeof(float));
        t->value[layer] = calloc(rows * (size_t)value_size(config), sizeof(float));
    }
    return 1;
}

void pair_close(struct pair *t) {
    for (int layer = 0; layer < PAIR_LAYERS; layer++) {
        free(t->key[layer]);
        free(t->value[layer]);
    }
    sa_cache_destroy(&t->cache);
    sa_ctx_destroy(&t->reader);
    sa_ctx_destroy(&t->ctx);
}

int64_t pair_longest(const struct pair *t, int64_t layer) {
    int64_t longest = 0;
    for (int64_t b = 0; b < t->config.batch; b++)
        longest = t->lengths[layer][b] > longest ? t->lengths[layer][b] : longest;
    return longest;
}

/* ---- what changes them */

/* Random numbers [B][T][K][size], in memory in one of both orders. */
static float *make_rows(struct pair *t, int64_t T, int64_t size, sa_tensor *tensor) {
    int64_t B = t->config.batch, K = t->config.kv_heads, count = B * T * K * size;
    float *data = malloc((size_t)(count + 1) * sizeof *data);
    for (int64_t i = 0; i < count; i++) data[i] = rng_normal(&t->rng);
    sa_tensor_set(tensor, data, SA_F32, rng_chance(&t->rng, .5) ? SA_BHSD : SA_BSHD, B, K, T, size);
    return data;
}

/* The first lengths[b] tokens of the tensor go behind those that the twin has. */
static void copy_rows(struct pair *t, int64_t layer, float *to, const sa_tensor *from, const int64_t *lengths) {
    int64_t B = t->config.batch, K = t->config.kv_heads, T = from->size[2], size = from->size[3];
    float *stored = malloc((size_t)(B * T * K * size + 1) * sizeof *stored);
    stored_as(t->reader, t->config.dtype, from->data, B * T * K, size, stored);
    for (int64_t b = 0; b < B; b++)
        for (int64_t s = 0; s < (lengths ? lengths[b] : T); s++)
            for (int64_t k = 0; k < K; k++)
                memcpy(to + ((b * t->room + t->lengths[layer][b] + s) * K + k) * size,
                       stored + b * from->stride[0] + k * from->stride[1] + s * from->stride[2],
                       (size_t)size * sizeof *to);
    free(stored);
}

sa_status pair_append(struct pair *t, int64_t layer, int64_t T, const int64_t *lengths) {
    sa_tensor key, value;
    float *keys = make_rows(t, T, t->config.head_size, &key), *values = make_rows(t, T, value_size(&t->config), &value);
    sa_status status = sa_cache_append(t->ctx, t->cache, layer, &key, &value, lengths);
    if (status == SA_OK) {
        copy_rows(t, layer, t->key[layer], &key, lengths);
        copy_rows(t, layer, t->value[layer], &value, lengths);
        for (int64_t b = 0; b < t->config.batch; b++) t->lengths[layer][b] += lengths ? lengths[b] : T;
    }
    free(keys);
    free(values);
    return status;
}

sa_status pair_truncate(struct pair *t, int64_t sequence, int64_t length) {
    sa_status status = sa_cache_truncate(t->cache, sequence, length);
    for (int64_t b = 0; status == SA_OK && b < t->config.batch; b++)
        for (int layer = 0; layer < PAIR_LAYERS; layer++)
            if ((sequence == -1 || sequence == b) && t->lengths[layer][b] > length) t->lengths[layer][b] = length;
    return status;
}

/* Sequence b of the twin becomes what from[b] is. */
static void rearrange(struct pair *t, float **all, int64_t size, const int64_t *from) {
    size_t sequence = (size_t)(t->room * t->config.kv_heads * size);
    float *old = *all;
    *all = malloc((size_t)t->config.batch * sequence * sizeof **all);
    for (int64_t b = 0; b < t->config.batch; b++)
        memcpy(*all + (size_t)b * sequence, old + (size_t)from[b] * sequence, sequence * sizeof **all);
    free(old);
}

static void rearrange_all(struct pair *t, const int64_t *from) {
    for (int layer = 0; layer < PAIR_LAYERS; layer++) {
        int64_t old[PAIR_BATCH];
        memcpy(old, t->lengths[layer], sizeof old);
        for (int64_t b = 0; b < t->config.batch; b++) t->lengths[layer][b] = old[from[b]];
        rearrange(t, &t->key[layer], t->config.head_size, from);
        rearrange(t, &t->value[layer], value_size(&t->config), from);
    }
}

sa_status pair_fork(struct pair *t, int64_t from, int64_t to) {
    int64_t sources[PAIR_BATCH] = {0, 1, 2, 3};
    sa_status status = sa_cache_fork(t->cache, from, to);
    sources[to] = from;
    if (status == SA_OK) rearrange_all(t, sources);
    return status;
}

sa_status pair_reorder(struct pair *t, const int64_t *from) {
    sa_status status = sa_cache_reorder(t->cache, from);
    if (status == SA_OK) rearrange_all(t, from);
    return status;
}

/* ---- what compares them */

/* A call and the memory of its outputs: a, then lse, then weights. */
struct call {
    sa_attention_args args;
    float *outputs;
    size_t floats;
};

static struct call call_of(const struct pair *t, const float *query, int64_t T, int64_t S, const sa_score_rules *rules,
                           int weights) {
    int64_t B = t->config.batch, H = t->config.kv_heads * t->group, D = t->config.head_size,
            Dv = value_size(&t->config);
    struct call c = {.args = {.struct_size = sizeof c.args, .rules = rules},
                     .floats = (size_t)(B * H * T * (Dv + 1 + (weights ? S : 0)))};
    c.outputs = malloc((c.floats + 1) * sizeof *c.outputs);
    memset(c.outputs, 0xff, c.floats * sizeof *c.outputs);
    sa_tensor_set(&c.args.query, (void *)query, SA_F32, SA_BSHD, B, H, T, D);
    sa_tensor_set(&c.args.output, c.outputs, SA_F32, SA_BSHD, B, H, T, Dv);
    sa_tensor_set(&c.args.lse, c.outputs + B * H * T * Dv, SA_F32, SA_BHSD, B, H, T, 1);
    if (weights) sa_tensor_set(&c.args.weights, c.outputs + B * H * T * (Dv + 1), SA_F32, SA_BHSD, B, H, T, S);
    return c;
}

/* What the caller's rules and the cache's come to without a cache. */
static sa_masking joint_masking(const struct pair *t, int64_t layer, const sa_masking *masking) {
    sa_masking m = masking ? *masking : (sa_masking){0};
    int64_t window = t->config.window;
    m.struct_size = sizeof m;
    m.key_lengths = t->lengths[layer];
    if (!window) return m;
    if (!m.window) m.window_left = m.window_right = -1, m.keep_first = t->config.keep_first;
    if (m.window_left < 0 || m.window_left > window - 1) m.window_left = window - 1;
    m.window = 1;
    return m;
}

/* By the BLAS, tiles of a cache are cut differently; the fused path has an order of its own for a single row per key
 * head of a tensor, in float32 at every precision. */
static int has_same_bits(const struct pair *t, int64_t T) {
    return t->way->path == SA_PATH_FUSED ? T * t->group > 1 : t->way->path != SA_PATH_BLAS;
}

static int same(const struct pair *t, const struct call *got, const struct call *want, int64_t T) {
    if (has_same_bits(t, T)) return !memcmp(got->outputs, want->outputs, want->floats * sizeof(float));
    sa_tensor all;
    double *wide = malloc((want->floats + 1) * sizeof *wide);
    for (size_t i = 0; i < want->floats; i++) wide[i] = (double)want->outputs[i];
    sa_tensor_set(&all, got->outputs, SA_F32, SA_BHSD, 1, 1, 1, (int64_t)want->floats);
    struct difference d = compare(&all, wide);
    free(wide);
    return d.wrong_class == 0 && d.norm <= t->way->error && d.largest <= 10 * t->way->error;
}

static void note(struct pair *t, int equal, int64_t layer, int64_t T, const char *what) {
    const sa_cache_config *c = &t->config;
    t->checks++;
    if (equal || t->wrong++) return;
    snprintf(t->text, sizeof t->text,
             "%s, %s: B%lld K%lld G%lld T%lld S%lld D%lld Dv%lld dtype %d window %lld keep %lld capacity %lld",
             t->way->name, what, (long long)c->batch, (long long)c->kv_heads, (long long)t->group, (long long)T,
             (long long)pair_longest(t, layer), (long long)c->head_size, (long long)value_size(c), c->dtype,
             (long long)c->window, (long long)c->keep_first, (long long)c->capacity);
}

void pair_check(struct pair *t, int64_t layer, int64_t T, const sa_masking *masking, const sa_score_rules *rules,
                const char *what) {
    int64_t B = t->config.batch, K = t->config.kv_heads, S = pair_longest(t, layer), D = t->config.head_size;
    int64_t count = B * K * t->group * T * D, Dv = value_size(&t->config);
    float *query = malloc((size_t)(count + 1) * sizeof *query);
    for (int64_t i = 0; i < count; i++) query[i] = rng_normal(&t->rng);
    int weights = rng_chance(&t->rng, .3);
    struct call cached = call_of(t, query, T, S, rules, weights), contiguous = call_of(t, query, T, S, rules, weights);
    sa_masking joint = joint_masking(t, layer, masking);
    cached.args.masking = masking, cached.args.cache = t->cache, cached.args.cache_layer = layer;
    contiguous.args.masking = &joint;
    sa_tensor_set(&contiguous.args.key, t->key[layer], SA_F32, SA_BSHD, B, K, S, D);
    sa_tensor_set(&contiguous.args.value, t->value[layer], SA_F32, SA_BSHD, B, K, S, Dv);
    contiguous.args.key.stride[0] = t->room * K * D;
    contiguous.args.value.stride[0] = t->room * K * Dv;
    cr_assert_eq(sa_attention(t->ctx, &cached.args), SA_OK, "%s: %s", what, sa_ctx_last_error(t->ctx));
    cr_assert_eq(sa_attention(t->ctx, &contiguous.args), SA_OK, "%s: %s", what, sa_ctx_last_error(t->ctx));
    note(t, same(t, &cached, &contiguous, T), layer, T, what);
    free(query);
    free(cached.outputs);
    free(contiguous.outputs);
}
