/* SPDX-License-Identifier: MIT */
#include "support/sample.h"

#include "support/guarded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

static void *own(struct sample *s, int64_t count, size_t size) {
    size_t bytes = (size_t)count * size;
    void *data = guarded_alloc(bytes);
    s->memory[s->memories].data = data;
    s->memory[s->memories++].bytes = bytes;
    return data;
}

/* A tensor in its own guarded memory: in one of the usual orders, or with gaps, or backwards. */
static sa_tensor place(struct sample *s, struct rng *rng, int64_t B, int64_t H, int64_t N, int64_t D, int wild) {
    sa_tensor t = {.size = {B, H, N, D}};
    int order = wild ? (int)rng_below(rng, 5) : (int)rng_below(rng, 2);
    int64_t row = order == 2 ? D + 1 + rng_below(rng, 5) : D, count = B * H * N * row;
    float *data = own(s, count, sizeof *data);
    t.data = data;
    const int64_t bhsd[4] = {H * N * row, N * row, row, 1}, bshd[4] = {H * N * row, row, H * row, 1},
                  dims_first[4] = {H * N * row, N * row, 1, N};
    memcpy(t.stride, order == 1 ? bshd : order == 3 ? dims_first : bhsd, sizeof t.stride);
    if (order == 4 && count) { /* backwards along the sequence */
        t.data = data + (N - 1) * t.stride[2];
        t.stride[2] = -t.stride[2];
    }
    return t;
}

static float *element(const sa_tensor *t, int64_t b, int64_t h, int64_t n, int64_t d) {
    return (float *)t->data + b * t->stride[0] + h * t->stride[1] + n * t->stride[2] + d * t->stride[3];
}

static void fill(const sa_tensor *t, struct rng *rng, double magnitude) {
    for (int64_t b = 0; b < t->size[0]; b++)
        for (int64_t h = 0; h < t->size[1]; h++)
            for (int64_t n = 0; n < t->size[2]; n++)
                for (int64_t d = 0; d < t->size[3]; d++)
                    *element(t, b, h, n, d) = rng ? (float)(rng_normal(rng) * magnitude) : NAN;
}

static void make_sizes(struct rng *rng, int64_t *B, int64_t *H, int64_t *K, int64_t *T, int64_t *S, int64_t *D,
                       int64_t *Dv) {
    *D = PICK(rng, 1, 3, 8, 16, 24, 31, 32, 40, 64, 64, 80, 96, 128, 160, 256);
    *Dv = rng_chance(rng, .75) ? *D : PICK(rng, 1, 8, 17, 33, 64, 128);
    *B = PICK(rng, 1, 1, 2, 3);
    *K = PICK(rng, 1, 2, 3);
    *H = *K * PICK(rng, 1, 1, 2, 4, 7);
    *T = PICK(rng, 1, 1, 2, 7, 15, 16, 17, 33, 47, 48, 49, 64, 100, 191, 192, 193);
    *S = rng_chance(rng, .5) ? *T : PICK(rng, 1, 5, 16, 63, 64, 65, 130, 255, 256, 257, 300, 513, 700);
    while (*B * *H * *T * *S * (*D + *Dv) > 6000000) {
        *H = *K, *B = 1;
        *T = *T > 1 ? *T / 2 : 1;
        *S = *S > 1 ? *S / 2 : 1;
    }
}

static void make_mask(struct sample *s, struct rng *rng, int64_t B, int64_t H, int64_t T, int64_t S) {
    sa_tensor *m = &s->masking.mask;
    int64_t size[4] = {rng_chance(rng, .5) ? B : 1, rng_chance(rng, .5) ? H : 1, rng_chance(rng, .7) ? T : 1,
                       rng_chance(rng, .8) ? S : rng_below(rng, rng_chance(rng, .4) ? 2 : S) + 1};
    if (size[3] > S) size[3] = S;
    if (size[3] == 1 && S > 1) s->masking.mask_keys = 1 + (int32_t)rng_below(rng, 2);
    int added = rng_chance(rng, .5), hiding = rng_chance(rng, .6);
    double share = (double[]){.05, .5, .9, 1}[rng_below(rng, 4)];
    int64_t count = size[0] * size[1] * size[2] * size[3];
    void *data = own(s, count, added ? sizeof(float) : 1);
    sa_tensor_set(m, data, added ? SA_F32 : SA_BOOL, SA_BHSD, size[0], size[1], size[2], size[3]);
    for (int64_t i = 0; i < count; i++) {
        int shown = rng_chance(rng, share);
        if (added)
            ((float *)data)[i] = hiding && !shown ? -INFINITY : rng_normal(rng) * 3;
        else
            ((uint8_t *)data)[i] = shown ? (uint8_t)(1 + rng_below(rng, 255)) : 0;
    }
}

static void make_masking(struct sample *s, struct rng *rng, int64_t B, int64_t H, int64_t T, int64_t S) {
    sa_masking *m = &s->masking;
    m->struct_size = sizeof *m;
    m->causal = rng_chance(rng, .45);
    m->align = (int32_t)rng_below(rng, 4);
    if (m->align == SA_ALIGN_OFFSET && rng_chance(rng, .5)) m->offset = rng_below(rng, 2 * S + 1) - S;
    if (m->align == SA_ALIGN_OFFSET && !m->offset) {
        int64_t *offsets = own(s, B, sizeof *offsets);
        for (int64_t b = 0; b < B; b++) offsets[b] = rng_below(rng, 2 * S + 1) - S / 2;
        m->offsets = offsets;
    }
    if (rng_chance(rng, .3)) {
        int64_t *lengths = own(s, B, sizeof *lengths);
        for (int64_t b = 0; b < B; b++) lengths[b] = rng_below(rng, S + 1);
        m->key_lengths = lengths;
    }
    if (rng_chance(rng, .3)) {
        m->window = 1;
        m->window_left = rng_below(rng, S + 2) - 1;
        m->window_right = rng_below(rng, S + 2) - 1;
        m->keep_first = rng_chance(rng, .5) ? rng_below(rng, S + 2) : 0;
    }
    if (rng_chance(rng, .4)) make_mask(s, rng, B, H, T, S);
}

static float *make_numbers(struct sample *s, struct rng *rng, int64_t count, float magnitude) {
    float *numbers = own(s, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = rng_normal(rng) * magnitude;
    return numbers;
}

static void make_rules(struct sample *s, struct rng *rng, int64_t H, int64_t T, int64_t S) {
    sa_score_rules *r = &s->rules;
    r->struct_size = sizeof *r;
    if (rng_chance(rng, .5)) {
        float *slopes = own(s, H, sizeof *slopes);
        for (int64_t h = 0; h < H; h++) {
            slopes[h] = (float)rng_unit(rng) / 8;
            s->steepest = slopes[h] * (float)(S + T) > s->steepest ? slopes[h] * (float)(S + T) : s->steepest;
        }
        r->alibi_slopes = slopes;
    }
    if (rng_chance(rng, .5)) {
        r->relative_reach = PICK(rng, 1, 2, 16, 100, 1000);
        r->relative_bias = make_numbers(s, rng, H * (2 * r->relative_reach + 1), 2);
    }
    if (rng_chance(rng, .4)) {
        float *sinks = make_numbers(s, rng, H, 4);
        if (rng_chance(rng, .3)) sinks[0] = -INFINITY;
        r->sink_logits = sinks;
    }
}

/* The mask of the callbacks: key j is visible up to place t + 30 + 5 h, but for some. */
static int64_t reach_of(const sa_score_tile *t, int64_t query) {
    return query + 30 + 5 * t->head;
}

static int32_t answer_tile(void *user, const sa_score_tile *t) {
    (void)user;
    if (t->key > reach_of(t, t->query + t->queries - 1)) return SA_TILE_NONE;
    return t->head == 1 && t->key + t->keys - 1 <= reach_of(t, t->query) ? SA_TILE_ALL : SA_TILE_SOME;
}

static void mask_tile(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++) {
            const int64_t j = t->key + n, query = t->query + i;
            if (j > reach_of(t, query) || (t->head != 1 && (query + 3 * j + t->sequence) % 7 == 0))
                t->visible[i * t->query_stride + n * t->key_stride] = 0;
        }
}

static void change_scores(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++) {
            float *score = &t->values[i * t->query_stride + n * t->key_stride];
            const int64_t distance = t->key + n - t->query - i;
            *score = distance % 11 == 3 ? -INFINITY : *score + .25f * (float)(distance % 5 + t->head);
        }
}

static void drop(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++)
            t->values[i * t->query_stride + n * t->key_stride] *=
                ((t->query + i) * 31 + (t->key + n) * 17 + t->head + t->sequence) % 5 ? 1.25f : 0;
}

static void make_callbacks(struct sample *s, struct rng *rng) {
    sa_score_callbacks *c = &s->callbacks;
    *c = (sa_score_callbacks){.struct_size = sizeof *c};
    if (rng_chance(rng, .6)) c->mask_mod = mask_tile;
    if (c->mask_mod && rng_chance(rng, .6)) c->mask_tile = answer_tile;
    if (rng_chance(rng, .5) && !s->rules.alibi_slopes) c->score_mod = change_scores;
    if (rng_chance(rng, .5)) c->prob_mod = drop;
    s->args.callbacks = c;
}

static void make_dropout(struct sample *s, struct rng *rng) {
    const uint64_t seed = rng_next(rng);
    s->dropout =
        (sa_dropout){.struct_size = sizeof s->dropout, .probability = (float)(.9 * rng_unit(rng)), .seed = seed};
    s->args.dropout = &s->dropout;
}

/* A random block list, with some empty lines. */
static void make_blocks(struct sample *s, struct rng *rng, int64_t B, int64_t H, int64_t T, int64_t S) {
    sa_block_list *l = &s->blocks;
    *l = (sa_block_list){.struct_size = sizeof *l,
                         .query_block = PICK(rng, 1, 5, 16, 64, 128),
                         .key_block = PICK(rng, 16, 16, 48, 64, 128),
                         .sequences = rng_chance(rng, .5) ? B : 1,
                         .heads = rng_chance(rng, .5) ? H : 1};
    const int64_t lines = (T + l->query_block - 1) / l->query_block, blocks = (S + l->key_block - 1) / l->key_block,
                  lists = l->sequences * l->heads;
    int64_t *offsets = own(s, lists * (lines + 1), sizeof *offsets), at = 0;
    int32_t *indices = own(s, lists * lines * blocks, sizeof *indices);
    for (int64_t i = 0; i < lists * (lines + 1); i++) {
        const double share = (double[]){0, .1, .4, .9}[rng_below(rng, 4)];
        offsets[i] = at;
        if (i % (lines + 1) == lines) continue;
        for (int32_t k = 0; k < blocks; k++)
            if (rng_chance(rng, share)) indices[at++] = k;
    }
    l->offsets = offsets, l->indices = indices;
    s->args.blocks = l;
}

/* NaN and infinities in some values, and in keys behind every length. They have to affect the queries that see them,
 * and no others. */
static void poison(struct sample *s, struct rng *rng) {
    union {
        uint32_t bits;
        float value;
    } erased = {0xffffffff}; /* also a NaN: typical of memory that was never written */
    const float bad[] = {NAN, INFINITY, -INFINITY, erased.value};
    sa_tensor *k = &s->args.key, *v = &s->args.value;
    for (int i = 0; i < 3; i++) {
        int64_t b = rng_below(rng, v->size[0]), h = rng_below(rng, v->size[1]), j = rng_below(rng, v->size[2]);
        *element(v, b, h, j, rng_below(rng, v->size[3])) = bad[rng_below(rng, 4)];
        if (s->masking.key_lengths && j >= s->masking.key_lengths[b])
            *element(k, b, h, j, rng_below(rng, k->size[3])) = bad[rng_below(rng, 4)];
    }
}

void sample_make(struct sample *s, uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 1};
    int64_t B, H, K, T, S, D, Dv;
    *s = (struct sample){.seed = seed};
    make_sizes(&rng, &B, &H, &K, &T, &S, &D, &Dv);
    sa_attention_args *a = &s->args;
    a->struct_size = sizeof *a;
    s->magnitude = (double)PICK(&rng, 1, 1, 1, 3, 12);
    a->query = place(s, &rng, B, H, T, D, 1);
    a->key = place(s, &rng, B, K, S, D, 1);
    a->value = place(s, &rng, B, K, S, Dv, 1);
    a->output = place(s, &rng, B, H, T, Dv, 1);
    fill(&a->query, &rng, s->magnitude);
    fill(&a->key, &rng, s->magnitude);
    fill(&a->value, &rng, 1);
    a->scale = rng_chance(&rng, .7) ? 0 : (float)(.02 + rng_unit(&rng));
    a->softcap = rng_chance(&rng, .8) ? 0 : (float)PICK(&rng, 5, 30, 50);
    if (rng_chance(&rng, .8)) {
        make_masking(s, &rng, B, H, T, S);
        a->masking = &s->masking;
    }
    if (a->masking && rng_chance(&rng, .35)) poison(s, &rng);
    if (rng_chance(&rng, .35)) {
        make_rules(s, &rng, H, T, S);
        a->rules = &s->rules;
    }
    sa_tensor_set(&a->lse, own(s, B * H * T, sizeof(float)), SA_F32, SA_BHSD, B, H, T, 1);
    a->weights = (sa_tensor){0};
    if (s->memories < SAMPLE_WEIGHTS) {
        sa_tensor_set(&a->weights, own(s, B * H * T * S, sizeof(float)), SA_F32, SA_BHSD, B, H, T, S);
        a->weights_kind = rng_chance(&rng, .6) ? 0 : (int32_t)rng_below(&rng, 4);
    }
    struct rng own_rng = {seed * 0x9e3779b97f4a7c15u + 2};
    if (rng_chance(&own_rng, .35)) make_blocks(s, &own_rng, B, H, T, S);
    if (rng_chance(&own_rng, .3)) make_callbacks(s, &own_rng);
    if (rng_chance(&own_rng, .25)) make_dropout(s, &own_rng);
    sample_clear_outputs(s);
    snprintf(s->text, sizeof s->text,
             "seed %llu: B%lld H%lld K%lld T%lld S%lld D%lld Dv%lld causal %d align %d window %d lengths %d mask %d "
             "cap %g x%g kind %d keep %lld rules %d%d%d blocks %lld/%lld of %lld calls %d%d%d%d drop %g",
             (unsigned long long)seed, (long long)B, (long long)H, (long long)K, (long long)T, (long long)S,
             (long long)D, (long long)Dv, s->masking.causal, s->masking.align, s->masking.window,
             s->masking.key_lengths != NULL, s->masking.mask.data ? 1 + (s->masking.mask.dtype == SA_BOOL) : 0,
             (double)a->softcap, s->magnitude, a->weights_kind, (long long)s->masking.keep_first,
             s->rules.alibi_slopes != NULL, s->rules.relative_bias != NULL, s->rules.sink_logits != NULL,
             (long long)s->blocks.query_block, (long long)s->blocks.key_block, (long long)s->blocks.heads,
             s->callbacks.mask_tile != NULL, s->callbacks.mask_mod != NULL, s->callbacks.score_mod != NULL,
             s->callbacks.prob_mod != NULL, (double)s->dropout.probability);
}

void sample_clear_outputs(struct sample *s) {
    fill(&s->args.output, NULL, 0);
    fill(&s->args.lse, NULL, 0);
    if (s->args.weights.data) fill(&s->args.weights, NULL, 0);
}

void sample_free(struct sample *s) {
    for (int i = 0; i < s->memories; i++) guarded_free(s->memory[i].data, s->memory[i].bytes);
    s->memories = 0;
}
