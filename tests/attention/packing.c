/* Packed sequences have the bits that each of them has alone.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 6, LONGEST = 600, MOST_HEADS = 6 };

struct packed {
    int64_t B, H, K, D, Dv;
    int64_t queries[MOST + 1], keys[MOST + 1]; /* starts */
    int32_t dtype, layout;
    int own_keys;
    void *q, *k, *v;
    float *o, *lse, *alone_o, *alone_lse;
    float slopes[MOST_HEADS], sinks[MOST_HEADS];
    sa_masking masking;
    sa_score_rules rules;
    sa_packing packing;
    sa_attention_args args;
};

static int64_t random_length(struct rng *rng) {
    if (rng_chance(rng, .15)) return 0;
    if (rng_chance(rng, .1)) return 400 + rng_below(rng, LONGEST - 400);
    return 1 + rng_below(rng, rng_chance(rng, .5) ? 20 : 150);
}

static void *random_numbers(struct rng *rng, int64_t n, int32_t dtype) {
    float *numbers = malloc((size_t)(n + 1) * sizeof *numbers);
    for (int64_t i = 0; i < n; i++) numbers[i] = rng_normal(rng);
    if (dtype == SA_F32) return numbers;
    uint16_t *halves = malloc((size_t)(n + 1) * sizeof *halves);
    for (int64_t i = 0; i < n; i++) halves[i] = half_nearest((double)numbers[i], dtype);
    free(numbers);
    return halves;
}

static void choose_rules(struct packed *p, struct rng *rng) {
    p->masking = (sa_masking){.struct_size = sizeof p->masking, .causal = rng_chance(rng, .5)};
    if (rng_chance(rng, .4)) p->masking.window = 1, p->masking.window_left = rng_below(rng, 90);
    if (rng_chance(rng, .2)) p->masking.align = SA_ALIGN_TOP_LEFT;
    p->rules = (sa_score_rules){.struct_size = sizeof p->rules};
    for (int i = 0; i < MOST_HEADS; i++) p->slopes[i] = (float)rng_unit(rng) / 8, p->sinks[i] = rng_normal(rng);
    if (rng_chance(rng, .3)) p->rules.alibi_slopes = p->slopes;
    if (rng_chance(rng, .3)) p->rules.sink_logits = p->sinks;
}

static void packed_make(struct packed *p, uint64_t seed) {
    static const int64_t sizes[] = {1, 8, 20, 64};
    struct rng rng = {seed};
    memset(p, 0, sizeof *p);
    p->B = rng_below(&rng, MOST + 1);
    p->K = 1 + rng_below(&rng, 2), p->H = p->K * (1 + rng_below(&rng, 3));
    p->D = sizes[rng_below(&rng, 4)], p->Dv = sizes[rng_below(&rng, 4)];
    p->own_keys = rng_chance(&rng, .5);
    p->layout = rng_chance(&rng, .5) ? SA_BSHD : SA_BHSD;
    p->dtype = rng_chance(&rng, .3) ? SA_BF16 : SA_F32;
    for (int64_t b = 0; b < p->B; b++) {
        p->queries[b + 1] = p->queries[b] + random_length(&rng);
        p->keys[b + 1] = p->own_keys ? p->keys[b] + random_length(&rng) : p->queries[b + 1];
    }
    const int64_t T = p->queries[p->B], S = p->keys[p->B];
    choose_rules(p, &rng);
    p->q = random_numbers(&rng, p->H * T * p->D, p->dtype), p->k = random_numbers(&rng, p->K * S * p->D, p->dtype);
    p->v = random_numbers(&rng, p->K * S * p->Dv, p->dtype);
    const size_t outputs = (size_t)(p->H * T * p->Dv + 1), rows = (size_t)(p->H * T + 1);
    p->o = malloc(outputs * sizeof(float)), p->alone_o = malloc(outputs * sizeof(float));
    p->lse = malloc(rows * sizeof(float)), p->alone_lse = malloc(rows * sizeof(float));
    p->packing = (sa_packing){sizeof p->packing, p->B, p->queries, p->own_keys ? p->keys : NULL};
    sa_attention_args *a = &p->args;
    *a = (sa_attention_args){.struct_size = sizeof *a,
                             .masking = &p->masking,
                             .rules = &p->rules,
                             .softcap = rng_chance(&rng, .2) ? 5 : 0,
                             .packing = &p->packing};
    sa_tensor_set(&a->query, p->q, p->dtype, p->layout, 1, p->H, T, p->D);
    sa_tensor_set(&a->key, p->k, p->dtype, p->layout, 1, p->K, S, p->D);
    sa_tensor_set(&a->value, p->v, p->dtype, p->layout, 1, p->K, S, p->Dv);
    sa_tensor_set(&a->output, p->o, SA_F32, p->layout, 1, p->H, T, p->Dv);
    sa_tensor_set(&a->lse, p->lse, SA_F32, p->layout, 1, p->H, T, 1);
}

static void packed_free(struct packed *p) {
    void *const all[] = {p->q, p->k, p->v, p->o, p->lse, p->alone_o, p->alone_lse};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

/* Rows first .. last of the third axis. */
static sa_tensor rows_of(const sa_tensor *whole, void *data, int64_t first, int64_t last) {
    sa_tensor part = *whole;
    part.data = (char *)data + first * whole->stride[2] * (whole->dtype == SA_F32 ? 4 : 2);
    part.size[2] = last - first;
    return part;
}

/* Each sequence by a call of its own. */
static void attend_alone(sa_ctx *ctx, struct packed *p, const char *name, uint64_t seed) {
    for (int64_t b = 0; b < p->B; b++) {
        const int64_t *q = &p->queries[b], *k = &p->keys[b];
        sa_masking masking = p->masking;
        sa_attention_args a = p->args;
        if (masking.align == SA_ALIGN_DEFAULT) masking.align = SA_ALIGN_BOTTOM_RIGHT;
        a.packing = NULL, a.masking = &masking;
        a.query = rows_of(&p->args.query, p->q, q[0], q[1]);
        a.key = rows_of(&p->args.key, p->k, k[0], k[1]);
        a.value = rows_of(&p->args.value, p->v, k[0], k[1]);
        a.output = rows_of(&p->args.output, p->alone_o, q[0], q[1]);
        a.lse = rows_of(&p->args.lse, p->alone_lse, q[0], q[1]);
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s, seed %llu: %s", name, (unsigned long long)seed,
                     sa_ctx_last_error(ctx));
    }
}

/* A single row per key head has an order of its own if it is alone, and float32 at every precision. */
static int has_single_row(const struct packed *p, const struct way *way) {
    int single = 0;
    for (int64_t b = 0; b < p->B; b++) single |= p->queries[b + 1] - p->queries[b] == 1;
    return single && p->H == p->K && way->path == SA_PATH_FUSED;
}

/* An element's error may be ten times that of the norm. */
static int agrees(float got, float want, double error) {
    return got == want || fabsf(got - want) <= 10 * error * (1 + fabsf(want));
}

static void check_packed(sa_ctx *ctx, const struct way *way, uint64_t seed) {
    struct packed p;
    packed_make(&p, seed);
    const int64_t T = p.queries[p.B];
    cr_assert_eq(sa_attention(ctx, &p.args), SA_OK, "%s, seed %llu: %s", way->name, (unsigned long long)seed,
                 sa_ctx_last_error(ctx));
    attend_alone(ctx, &p, way->name, seed);
    const double error = has_single_row(&p, way) ? way->error : 0;
    for (int64_t i = 0; i < p.H * T * p.Dv; i++)
        cr_assert(agrees(p.o[i], p.alone_o[i], error), "%s, seed %llu: output %lld is %.9g, alone %.9g", way->name,
                  (unsigned long long)seed, (long long)i, (double)p.o[i], (double)p.alone_o[i]);
    for (int64_t i = 0; i < p.H * T; i++)
        cr_assert(agrees(p.lse[i], p.alone_lse[i], error), "%s, seed %llu: lse %lld is %.9g, alone %.9g", way->name,
                  (unsigned long long)seed, (long long)i, (double)p.lse[i], (double)p.alone_lse[i]);
    packed_free(&p);
}

Test(packing, sequences_have_the_bits_that_they_have_alone) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    const uint64_t samples = text ? strtoull(text, NULL, 10) : 60;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (uint64_t seed = 0; ctx && seed < samples; seed++) check_packed(ctx, &ways[w], seed);
        sa_ctx_destroy(&ctx);
    }
}

/* Two sequences of 2 and 3 queries and 5 and 4 keys, whose scores are distances alone. */
Test(packing, no_masking_is_one_of_zeros) {
    static const int64_t queries[] = {0, 2, 5}, keys[] = {0, 5, 9};
    float q[5] = {0}, k[9] = {0}, v[9], bias[2 * 4 + 1], o[2][5], lse[2][5];
    const sa_masking zeros = {.struct_size = sizeof zeros};
    for (int i = 0; i < 9; i++) v[i] = (float)(i * i % 5), bias[i] = .3f * (float)i;
    const sa_score_rules rules = {.struct_size = sizeof rules, .relative_bias = bias, .relative_reach = 4};
    const sa_packing packing = {sizeof packing, 2, queries, keys};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int with = 0; ctx && with < 2; with++) {
            sa_attention_args a = {.struct_size = sizeof a, .rules = &rules, .packing = &packing};
            sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, 1, 5, 1);
            sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, 1, 9, 1);
            sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, 1, 9, 1);
            sa_tensor_set(&a.output, o[with], SA_F32, SA_BHSD, 1, 1, 5, 1);
            sa_tensor_set(&a.lse, lse[with], SA_F32, SA_BHSD, 1, 1, 5, 1);
            if (with) a.masking = &zeros;
            cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        }
        if (ctx) cr_expect(!memcmp(o[0], o[1], sizeof *o) && !memcmp(lse[0], lse[1], sizeof *lse), "%s", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}

/* Scores that a call computes. */
static void count_scores(void *user, const sa_score_tile *t) {
    *(atomic_llong *)user += t->queries * t->keys;
}

/* 256 texts of 1 .. 1,023 tokens, most of them short: a few have most of the work. */
enum { TEXTS = 256, TEXT_HEADS = 2, TEXT_SIZE = 16 };

static void make_texts(int64_t starts[TEXTS + 1]) {
    struct rng rng = {9};
    starts[0] = 0;
    for (int i = 0; i < TEXTS; i++) starts[i + 1] = starts[i] + (int64_t)exp2(10 * pow(rng_unit(&rng), 3));
}

static sa_attention_args args_of_texts(float *q, float *k, float *v, float *o, int64_t rows) {
    sa_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, q, SA_F32, SA_BSHD, 1, TEXT_HEADS, rows, TEXT_SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BSHD, 1, 1, rows, TEXT_SIZE);
    sa_tensor_set(&a.value, v, SA_F32, SA_BSHD, 1, 1, rows, TEXT_SIZE);
    sa_tensor_set(&a.output, o, SA_F32, SA_BSHD, 1, TEXT_HEADS, rows, TEXT_SIZE);
    return a;
}

static void attend_to_texts(sa_ctx *ctx, const sa_attention_args *a) {
    cr_assert_eq(sa_attention(ctx, a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void check_texts(const struct way *way, const int64_t starts[TEXTS + 1], float *numbers, int64_t rows) {
    float *q = numbers, *k = q + rows * TEXT_HEADS * TEXT_SIZE, *v = k + rows * TEXT_SIZE;
    float *o = v + rows * TEXT_SIZE, *alone = o + rows * TEXT_HEADS * TEXT_SIZE;
    atomic_llong together = 0, apart = 0;
    sa_ctx *ctx = way_open(way, 2);
    if (!ctx) return;
    const sa_packing packing = {sizeof packing, TEXTS, starts, NULL};
    sa_score_callbacks calls = {.struct_size = sizeof calls, .user = &together, .score_mod = count_scores};
    sa_attention_args a = args_of_texts(q, k, v, o, rows);
    a.packing = &packing, a.callbacks = &calls;
    attend_to_texts(ctx, &a);
    calls.user = &apart;
    for (int i = 0; i < TEXTS; i++) {
        const int64_t at = starts[i] * TEXT_SIZE;
        sa_attention_args one =
            args_of_texts(q + TEXT_HEADS * at, k + at, v + at, alone + TEXT_HEADS * at, starts[i + 1] - starts[i]);
        one.callbacks = &calls;
        attend_to_texts(ctx, &one);
    }
    cr_expect(apart > 0 && together * 100 <= apart * 105, "%s: %lld scores together, %lld alone", way->name,
              (long long)together, (long long)apart);
    cr_expect(!memcmp(o, alone, (size_t)(rows * TEXT_HEADS * TEXT_SIZE) * sizeof *o), "%s: other bits", way->name);
    sa_ctx_destroy(&ctx);
}

/* No work beside that of each text. */
Test(packing, of_skewed_lengths_costs_what_the_texts_cost_alone) {
    int64_t starts[TEXTS + 1];
    struct rng rng = {10};
    make_texts(starts);
    const int64_t rows = starts[TEXTS], count = rows * TEXT_SIZE * (3 * TEXT_HEADS + 2);
    float *numbers = malloc((size_t)count * sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = rng_normal(&rng);
    for (int w = 0; w < all_ways_count; w++) check_texts(&ways[w], starts, numbers, rows);
    free(numbers);
}
