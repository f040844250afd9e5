/* Attention to sets of keys, merged, against attention to all; and tokens written into a cache.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, K = 2, T = 5, S = 60, D = 8, DV = 13, MOST = 6 };

struct problem {
    float query[B * H * T * D], key[B * K * S * D], value[B * K * S * DV], output[B * H * T * DV], lse[B * H * T];
    float outputs[MOST][B * H * T * DV], lses[MOST][B * H * T];
    sa_tensor output_tensors[MOST], lse_tensors[MOST];
    sa_attention_args attention;
    sa_attention_merge_args merge;
};

/* n stretches of the keys, each attended to alone. */
static struct problem *problem_make(sa_ctx *ctx, int64_t n, float magnitude) {
    struct problem *p = calloc(1, sizeof *p);
    struct rng rng = {(uint64_t)n};
    for (int64_t i = 0; i < B * H * T * D; i++) p->query[i] = magnitude * rng_normal(&rng);
    for (int64_t i = 0; i < B * K * S * D; i++) p->key[i] = rng_normal(&rng);
    for (int64_t i = 0; i < B * K * S * DV; i++) p->value[i] = rng_normal(&rng);
    sa_attention_args *a = &p->attention;
    *a = (sa_attention_args){.struct_size = sizeof *a};
    sa_tensor_set(&a->query, p->query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&a->key, p->key, SA_F32, SA_BHSD, B, K, S, D);
    sa_tensor_set(&a->value, p->value, SA_F32, SA_BHSD, B, K, S, DV);
    for (int64_t i = 0; i < n; i++) {
        sa_attention_args one = *a;
        const int64_t first = i * S / n, count = (i + 1) * S / n - first;
        one.key.data = p->key + first * D, one.value.data = p->value + first * DV;
        one.key.size[2] = one.value.size[2] = count;
        sa_tensor_set(&one.output, p->outputs[i], SA_F32, SA_BHSD, B, H, T, DV);
        sa_tensor_set(&one.lse, p->lses[i], SA_F32, SA_BHSD, B, H, T, 1);
        cr_assert_eq(sa_attention(ctx, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
        p->output_tensors[i] = one.output, p->lse_tensors[i] = one.lse;
    }
    p->merge = (sa_attention_merge_args){
        .struct_size = sizeof p->merge, .count = n, .outputs = p->output_tensors, .lses = p->lse_tensors};
    sa_tensor_set(&p->merge.output, p->output, SA_F32, SA_BHSD, B, H, T, DV);
    sa_tensor_set(&p->merge.lse, p->lse, SA_F32, SA_BHSD, B, H, T, 1);
    return p;
}

static void expect_merged(sa_ctx *ctx, struct problem *p, const char *way) {
    static double output[B * H * T * DV], lse[B * H * T];
    oracle_attention(&p->attention, output, lse, NULL);
    cr_assert_eq(sa_attention_merge(ctx, &p->merge), SA_OK, "%s", sa_ctx_last_error(ctx));
    struct difference d = compare(&p->merge.output, output), e = compare(&p->merge.lse, lse);
    cr_expect(d.wrong_class == 0 && d.norm <= 2e-6, "%s, %lld sets: %s", way, (long long)p->merge.count,
              difference_text(&d));
    cr_expect(e.wrong_class == 0 && e.norm <= 1e-6, "%s, %lld sets, lse: %s", way, (long long)p->merge.count,
              difference_text(&e));
}

Test(merge, sets_of_keys_give_attention_to_all) {
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        for (int64_t n = 1; n <= MOST; n++) {
            struct problem *p = problem_make(ctx, n, 1);
            expect_merged(ctx, p, ways[w].name);
            p->merge.output = p->output_tensors[0], p->merge.lse = p->lse_tensors[n - 1];
            expect_merged(ctx, p, "in place");
            free(p);
        }
        sa_ctx_destroy(&ctx);
    }
}

/* Threads decide nothing about the order of sums. */
Test(merge, has_the_same_bits_on_any_number_of_threads) {
    static float first[B * H * T * DV];
    for (int32_t threads = 1; threads < 5; threads++) {
        const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
        sa_ctx *ctx = ctx_open(&options);
        struct problem *p = problem_make(ctx, MOST, 3);
        cr_assert_eq(sa_attention_merge(ctx, &p->merge), SA_OK);
        if (threads == 1) memcpy(first, p->output, sizeof first);
        cr_expect(!memcmp(first, p->output, sizeof first), "%d threads", threads);
        free(p);
        sa_ctx_destroy(&ctx);
    }
}

/* Where no key was visible, the output may be anything; and no log-sum-exp is too large. */
Test(merge, empty_and_extreme_sets) {
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    struct problem *p = problem_make(ctx, 3, 1);
    float *lses[] = {p->lses[0], p->lses[1], p->lses[2]};
    lses[0][0] = lses[1][0] = lses[2][0] = -INFINITY;
    lses[0][1] = -INFINITY;
    lses[0][2] = 3e38f, lses[1][2] = 3e38f, lses[2][2] = -3e38f;
    lses[2][3] = NAN;
    for (int d = 0; d < DV; d++) {
        p->outputs[0][d] = p->outputs[1][d] = p->outputs[2][d] = NAN;
        p->outputs[0][DV + d] = NAN;
        p->outputs[0][2 * DV + d] = 3e38f, p->outputs[1][2 * DV + d] = 3e38f;
    }
    cr_assert_eq(sa_attention_merge(ctx, &p->merge), SA_OK);
    cr_expect(p->lse[0] == -INFINITY && isfinite(p->lse[1]) && p->lse[2] == 3e38f && isnan(p->lse[3]));
    for (int d = 0; d < DV; d++) {
        cr_expect(p->output[d] == 0, "all are empty");
        cr_expect(isfinite(p->output[DV + d]), "one is empty");
        cr_expect(p->output[2 * DV + d] == 3e38f, "%g", (double)p->output[2 * DV + d]);
        cr_expect(isnan(p->output[3 * DV + d]), "a NaN stays");
    }
    free(p);
    sa_ctx_destroy(&ctx);
}

#define REFUSED(expected, words, change)                                                                               \
    do {                                                                                                               \
        struct problem *p = problem_make(ctx, 2, 1);                                                                   \
        change;                                                                                                        \
        cr_expect_eq(sa_attention_merge(ctx, &p->merge), expected, "%s", sa_ctx_last_error(ctx));                      \
        cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));    \
        free(p);                                                                                                       \
    } while (0)

Test(merge, bad_input_is_refused) {
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    cr_expect_eq(sa_attention_merge(NULL, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_attention_merge(ctx, NULL), SA_ERR_NULL);
    REFUSED(SA_ERR_VALUE, "count is 0", p->merge.count = 0);
    REFUSED(SA_ERR_NULL, "outputs is NULL", p->merge.outputs = NULL);
    REFUSED(SA_ERR_NULL, "lses is NULL", p->merge.lses = NULL);
    REFUSED(SA_ERR_SHAPE, "outputs[1].size[2]", p->output_tensors[1].size[2] = 4);
    REFUSED(SA_ERR_UNSUPPORTED, "lses[0].dtype", p->lse_tensors[0].dtype = SA_F16);
    REFUSED(SA_ERR_NULL, "output.data is NULL", p->merge.output.data = NULL);
    sa_ctx_destroy(&ctx);
}

/* ---- tokens into a cache */

Test(scatter, writes_tokens_where_they_belong) {
    sa_ctx *ctx;
    float update[2 * 3 * 4], cache[2 * 5 * 4];
    const int64_t positions[] = {2, 4};
    sa_tensor u, c;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    sa_tensor_set(&u, update, SA_F32, SA_BHSD, 2, 1, 3, 4);
    sa_tensor_set(&c, cache, SA_F32, SA_BHSD, 2, 1, 5, 4);
    for (int i = 0; i < 24; i++) update[i] = (float)(i + 1);
    memset(cache, 0, sizeof cache);
    cr_assert_eq(sa_tensor_scatter(ctx, &u, positions, 1, &c), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < 2; b++)
        for (int64_t s = 0; s < 5; s++) {
            const int64_t t = (s - positions[b] + 5) % 5;
            for (int64_t d = 0; d < 4; d++)
                cr_expect(cache[(b * 5 + s) * 4 + d] == (t < 3 ? update[(b * 3 + t) * 4 + d] : 0));
        }
    cr_expect_eq(sa_tensor_scatter(ctx, &u, positions, 0, &c), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "positions[1] is 4, must be 0 to 2"), "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_tensor_scatter(ctx, &u, positions, 2, &c), SA_ERR_VALUE);
    cr_expect_eq(sa_tensor_scatter(ctx, &u, NULL, 0, &c), SA_ERR_NULL);
    cr_expect_eq(sa_tensor_scatter(ctx, NULL, positions, 0, &c), SA_ERR_NULL);
    cr_expect_eq(sa_tensor_scatter(ctx, &c, positions, 0, &u), SA_ERR_SHAPE);
    sa_ctx_destroy(&ctx);
}
