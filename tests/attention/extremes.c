/* Numbers at the ends of float32's range, on every path: results that are finite in the mathematics are finite, and
 * what is not finite shows in the rows that see it alone.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 1500, SIZE = 3 };

/* One head; queries 0, so that all keys weigh the same. */
struct values {
    float q[40 * SIZE], k[MOST_KEYS * SIZE], v[MOST_KEYS * SIZE], o[40 * SIZE];
    sa_masking masking;
    sa_attention_args args;
};

static void values_make(struct values *x, int64_t T, int64_t S) {
    *x = (struct values){.masking.struct_size = sizeof x->masking};
    x->args = (sa_attention_args){.struct_size = sizeof x->args, .masking = &x->masking};
    sa_tensor_set(&x->args.query, x->q, SA_F32, SA_BHSD, 1, 1, T, SIZE);
    sa_tensor_set(&x->args.key, x->k, SA_F32, SA_BHSD, 1, 1, S, SIZE);
    sa_tensor_set(&x->args.value, x->v, SA_F32, SA_BHSD, 1, 1, S, SIZE);
    sa_tensor_set(&x->args.output, x->o, SA_F32, SA_BHSD, 1, 1, T, SIZE);
}

static void attend(sa_ctx *ctx, const sa_attention_args *args) {
    cr_assert_eq(sa_attention(ctx, args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Where all values are the same, roundings of their sums are too, and add up: thrice the usual error. The reference
 * BLAS adds one product after the other, and then up to half a unit in the last place for each of them. */
static void check_means(sa_ctx *ctx, const struct way *way, struct values *x, int64_t T, int64_t S, float value) {
    values_make(x, T, S);
    for (int64_t j = 0; j < S; j++) {
        x->k[j * SIZE] = (float)(j % 7) / 7;
        x->v[j * SIZE] = value, x->v[j * SIZE + 1] = 1e-42f, x->v[j * SIZE + 2] = j % 2 ? value : -value;
    }
    for (int64_t t = 0; t < T; t++) x->q[t * SIZE] = (float)t / 4;
    attend(ctx, &x->args);
    const double error = fmax(3 * way->error, way->path == SA_PATH_BLAS ? (double)S * 0x1p-24 : 0);
    for (int64_t t = 0; t < T; t++) {
        const float *o = x->o + t * SIZE;
        cr_expect(fabs((double)o[0] / (double)value - 1) <= error && fabsf(o[0]) <= FLT_MAX,
                  "%s, %lld queries, %lld keys: mean %.8g, want %.8g", way->name, (long long)T, (long long)S,
                  (double)o[0], (double)value);
        cr_expect(isfinite(o[2]), "%s: mean of both signs is %g", way->name, (double)o[2]);
        if (way->precision == SA_PRECISION_HIGHEST)
            cr_expect(fabsf(o[1] / 1e-42f - 1) < 0.01f, "%s: a small mean beside it is %g", way->name, (double)o[1]);
    }
}

/* Sums of the values pass the largest float, their means do not: of few and of many keys, and of chunks that are tasks.
 */
Test(extremes, means_of_large_values_are_finite) {
    const float large[] = {1e38f, FLT_MAX, -FLT_MAX, 0x1.fp+127f};
    struct values *x = malloc(sizeof *x);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (size_t i = 0; ctx && i < sizeof large / sizeof large[0]; i++) {
            check_means(ctx, &ways[w], x, 1, 16, large[i]);
            check_means(ctx, &ways[w], x, 40, 100, large[i]);
            check_means(ctx, &ways[w], x, 1, MOST_KEYS, large[i]);
            check_means(ctx, &ways[w], x, 40, MOST_KEYS, large[i]);
        }
        sa_ctx_destroy(&ctx);
    }
    free(x);
}

/* Query 0 sees the large values and an infinite one, query 1 neither, and has the bits that it has without them. */
Test(extremes, large_values_change_no_other_row) {
    enum { S = 600 };
    struct values *x = malloc(sizeof *x);
    static uint8_t seen[2][S];
    struct rng rng = {4};
    values_make(x, 2, S);
    for (int i = 0; i < S * SIZE; i++) x->k[i] = rng_normal(&rng), x->v[i] = rng_normal(&rng) * 1e-37f;
    for (int i = 0; i < 2 * SIZE; i++) x->q[i] = rng_normal(&rng);
    for (int j = 0; j < S; j++) seen[0][j] = 1, seen[1][j] = j % 3 != 0;
    sa_tensor_set(&x->masking.mask, seen, SA_BOOL, SA_BHSD, 1, 1, 2, S);
    for (int w = 0; w < all_ways_count; w++) {
        float before[SIZE];
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        for (int j = 0; j < S; j += 3) x->v[j * SIZE] = 0, x->v[j * SIZE + 1] = 0;
        attend(ctx, &x->args);
        memcpy(before, x->o + SIZE, sizeof before);
        for (int j = 0; j < S; j += 3) x->v[j * SIZE] = FLT_MAX;
        x->v[30 * SIZE + 1] = -INFINITY;
        attend(ctx, &x->args);
        cr_expect(memcmp(before, x->o + SIZE, sizeof before) == 0, "%s: other bits", ways[w].name);
        cr_expect(isfinite(x->o[0]) && x->o[0] > 1e37f && x->o[1] == -INFINITY && isfinite(x->o[2]), "%s: %g %g %g",
                  ways[w].name, (double)x->o[0], (double)x->o[1], (double)x->o[2]);
        sa_ctx_destroy(&ctx);
    }
    free(x);
}

/* Two keys. Neither scale * query nor query * key need be finite where the score is. */
Test(extremes, scores_in_range_are_computed_whatever_the_scale) {
    const struct {
        float q[2], k[2][2], scale, softcap;
        double score[2];
        const char *what;
    } cases[] = {
        {{2, 2}, {{1, -1}, {-1, 1}}, 3e38f, 0, {0, 0}, "a large scale"},
        {{2, 2}, {{1, -1}, {-1, 1}}, -3e38f, 0, {0, 0}, "a large negative scale"},
        {{1e30f, 0}, {{1e-38f, 0}, {2e-38f, 0}}, 1e8f, 0, {1, 2}, "a large query and scale"},
        {{2, 0}, {{1, 0}, {-1, 0}}, 3e38f, 5, {5, -5}, "capped scores past the largest float"},
        {{1e20f, 0}, {{1e20f, 0}, {0.99e20f, 0}}, 2e-38f, 0, {200, 198}, "a small scale"},
        {{2e19f, 0}, {{1.95e19f, 0}, {1.5e19f, 0}}, 0.75f, 0, {2.925e38, 2.25e38}, "scores close to the largest float"},
        {{1e-37f, 0}, {{3.2e38f, 0}, {3e38f, 0}}, 0.75f, 0, {24, 22.5}, "keys close to the largest float"},
        {{1e20f, 1e20f}, {{1e20f, -1e20f}, {-1e20f, 1e20f}}, 2e-38f, 0, {0, 0}, "a small scale that cancels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int w = 0; w < ways_count; w++) {
            float o = 0, v[2] = {1, 5};
            double weight = 1 / (1 + exp(cases[i].score[1] - cases[i].score[0])), want = weight + 5 * (1 - weight);
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            sa_attention_args a = {.struct_size = sizeof a, .scale = cases[i].scale, .softcap = cases[i].softcap};
            sa_tensor_set(&a.query, (float *)cases[i].q, SA_F32, SA_BHSD, 1, 1, 1, 2);
            sa_tensor_set(&a.key, (float *)cases[i].k, SA_F32, SA_BHSD, 1, 1, 2, 2);
            sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, 1, 2, 1);
            sa_tensor_set(&a.output, &o, SA_F32, SA_BHSD, 1, 1, 1, 1);
            attend(ctx, &a);
            cr_expect(fabs((double)o - want) <= 1e-4, "%s, %s: %g, want %g", ways[w].name, cases[i].what, (double)o,
                      want);
            sa_ctx_destroy(&ctx);
        }
}

/* With a causal mask, a mask tensor, or both: NaN in a query or a key makes weights of the keys that its rows see NaN,
 * and leaves those of hidden keys 0. */
Test(extremes, weights_of_hidden_keys_are_0_beside_nan) {
    enum { T = 4, S = 70 };
    struct values *x = malloc(sizeof *x);
    static float weights[T * S];
    static uint8_t seen[T][S];
    for (int t = 0; t < T; t++)
        for (int j = 0; j < S; j++) seen[t][j] = (t + j) % 3 != 0;
    for (int n = 0; n < 2 * 3; n++)
        for (int w = 0; w < all_ways_count; w++) {
            int causal = n % 3 != 1, masked = n % 3 != 0, in_key = n >= 3;
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            values_make(x, T, S);
            x->masking.causal = causal;
            if (masked) sa_tensor_set(&x->masking.mask, seen, SA_BOOL, SA_BHSD, 1, 1, T, S);
            sa_tensor_set(&x->args.weights, weights, SA_F32, SA_BHSD, 1, 1, T, S);
            *(in_key ? &x->k[1 * SIZE] : &x->q[2 * SIZE]) = NAN;
            attend(ctx, &x->args);
            for (int t = 0; t < T; t++)
                for (int j = 0; j < S; j++) {
                    float weight = weights[t * S + j];
                    int hidden = (causal && j > t) || (masked && !seen[t][j]);
                    int nan = in_key ? (!causal || t >= 1) && (!masked || seen[t][1]) : t == 2;
                    cr_expect(hidden ? weight == 0
                              : nan  ? isnan(weight)
                                     : weight > 0,
                              "%s, case %d: weight of key %d for query %d is %g", ways[w].name, n, j, t,
                              (double)weight);
                }
            sa_ctx_destroy(&ctx);
        }
    free(x);
}

/* One query against many keys, whose chunks are tasks of their own, with a value that is not finite in one of them.
 * Values are around 1: the relative error of a mean near 0 would have no bound. */
Test(extremes, chunks_take_care_of_values_that_are_not_finite) {
    enum { S = MOST_KEYS };
    const struct {
        int key, dim;
        float value;
        int64_t seen;
    } cases[] = {{700, 2, NAN, S},     {700, 2, NAN, 700},   {700, 2, INFINITY, S},   {1499, 1, -INFINITY, 1499},
                 {0, 0, INFINITY, S},  {1100, 0, NAN, 1101}, {511, 1, INFINITY, 512}, {512, 1, INFINITY, 512},
                 {512, 1, FLT_MAX, S}, {3, 0, -FLT_MAX, S}};
    struct values *x = malloc(sizeof *x);
    struct rng rng = {12};
    values_make(x, 1, S);
    for (int i = 0; i < S * SIZE; i++) x->k[i] = rng_normal(&rng), x->v[i] = 1 + rng_normal(&rng);
    for (int i = 0; i < SIZE; i++) x->q[i] = rng_normal(&rng);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double want[SIZE];
        float *value = &x->v[cases[i].key * SIZE + cases[i].dim], old = *value;
        *value = cases[i].value;
        x->masking.key_lengths = &cases[i].seen;
        oracle_attention(&x->args, want, NULL, NULL);
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx = way_open(&ways[w], 1 + (int)i % 2 * 3);
            if (!ctx) continue;
            attend(ctx, &x->args);
            struct difference d = compare(&x->args.output, want);
            cr_expect(d.norm <= 2 * ways[w].error && d.wrong_class == 0, "%s, case %zu: %s", ways[w].name, i,
                      difference_text(&d));
            sa_ctx_destroy(&ctx);
        }
        *value = old;
    }
    free(x);
}

/* Each query sees one key: its weight is 1, its value the result, and a score of 0 the log-sum-exp. */
Test(extremes, a_single_visible_key_is_the_result) {
    enum { T = 40, S = 1100 };
    struct values *x = malloc(sizeof *x);
    static uint8_t seen[T][S];
    static float lse[T], weights[T * S];
    struct rng rng = {5};
    values_make(x, T, S);
    for (int i = 0; i < S * SIZE; i++) x->k[i] = rng_normal(&rng), x->v[i] = ldexpf(rng_normal(&rng), i % 200 - 100);
    x->v[29 * 27 * SIZE] = FLT_MAX, x->v[29 * 28 * SIZE] = FLT_MIN;
    for (int t = 0; t < T; t++) seen[t][29 * t % S] = 1;
    sa_tensor_set(&x->masking.mask, seen, SA_BOOL, SA_BHSD, 1, 1, T, S);
    sa_tensor_set(&x->args.lse, lse, SA_F32, SA_BHSD, 1, 1, T, 1);
    for (int w = 0; w < 2 * ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w / 2], 1);
        if (!ctx) continue;
        x->args.weights = (sa_tensor){0};
        if (w % 2) sa_tensor_set(&x->args.weights, weights, SA_F32, SA_BHSD, 1, 1, T, S);
        attend(ctx, &x->args);
        for (int t = 0; t < T; t++) {
            int key = 29 * t % S;
            for (int d = 0; d < SIZE; d++)
                cr_expect_eq(x->o[t * SIZE + d], x->v[key * SIZE + d], "%s: row %d is %.9g, want %.9g",
                             ways[w / 2].name, t, (double)x->o[t * SIZE + d], (double)x->v[key * SIZE + d]);
            cr_expect_eq(lse[t], 0, "%s: log-sum-exp %g", ways[w / 2].name, (double)lse[t]);
            cr_expect(!(w % 2) || weights[t * S + key] == 1, "%s: weight %.9g", ways[w / 2].name,
                      (double)weights[t * S + key]);
        }
        sa_ctx_destroy(&ctx);
    }
    free(x);
}
