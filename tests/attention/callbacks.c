/* Callbacks that change scores: which tiles they are asked about.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { T = 300, S = 1100, SIZE = 16, HEADS = 4, KV = 2 };

static float q[HEADS * T * SIZE], k[KV * S * SIZE], v[KV * S * SIZE], o[HEADS * T * SIZE], again[HEADS * T * SIZE];

static sa_attention_args args_of(float *output) {
    sa_attention_args a = {.struct_size = sizeof a};
    struct rng rng = {11};
    for (int i = 0; i < HEADS * T * SIZE; i++) q[i] = rng_normal(&rng);
    for (int i = 0; i < KV * S * SIZE; i++) k[i] = rng_normal(&rng), v[i] = rng_normal(&rng);
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, HEADS, T, SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, KV, S, SIZE);
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, KV, S, SIZE);
    sa_tensor_set(&a.output, output, SA_F32, SA_BHSD, 1, HEADS, T, SIZE);
    return a;
}

struct count {
    atomic_int tiles, strangers; /* tiles whose scores were computed; those that the mask hides as a whole */
};

/* Keys 256 .. 511 are all that is seen. */
static int32_t only_some(void *user, const sa_score_tile *t) {
    (void)user;
    if (t->values || t->keys < 1 || t->queries < 1 || t->key + t->keys > S || t->query + t->queries > T)
        return -1; /* an answer that means SOME, and hides nothing: the result would be wrong */
    return t->key >= 512 || t->key + t->keys <= 256   ? SA_TILE_NONE
           : t->key >= 256 && t->key + t->keys <= 512 ? SA_TILE_ALL
                                                      : SA_TILE_SOME;
}

static void mark(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++)
            t->visible[i * t->query_stride + n * t->key_stride] = t->key + n >= 256 && t->key + n < 512;
}

static void look_at(void *user, const sa_score_tile *t) {
    struct count *c = user;
    c->tiles++;
    c->strangers += only_some(NULL, &(sa_score_tile){.key = t->key, .keys = t->keys, .queries = 1}) == SA_TILE_NONE;
}

Test(callbacks, are_not_called_for_tiles_that_see_nothing) {
    for (int w = 0; w < all_ways_count; w++) {
        struct count count = {0};
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        sa_attention_args a = args_of(o);
        sa_score_callbacks c = {sizeof c, &count, only_some, mark, look_at, NULL};
        a.callbacks = &c;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(count.tiles > 0 && count.strangers == 0, "%s: %d tiles, %d of them hidden", ways[w].name,
                  (int)count.tiles, (int)count.strangers);
        a = args_of(again);
        a.key.size[2] = a.value.size[2] = 256; /* the same with these keys alone */
        a.key.data = k + 256 * SIZE, a.value.data = v + 256 * SIZE;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        double worst = 0;
        for (int i = 0; i < HEADS * T * SIZE; i++) worst = fmax(worst, fabs((double)o[i] - (double)again[i]));
        cr_expect(worst < (ways[w].precision == SA_PRECISION_HIGHEST ? 2e-6 : 2e-2), "%s: %g", ways[w].name, worst);
        sa_ctx_destroy(&ctx);
    }
}

static void halve(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++) t->values[i * t->query_stride + n * t->key_stride] *= .5f;
}

/* Half the probabilities give half the output, and leave lse alone; a single query, of 1,100 keys, too. */
Test(callbacks, of_probabilities_are_not_normalised_again) {
    for (int64_t queries = 1; queries <= T; queries += T - 1)
        for (int w = 0; w < all_ways_count; w++) {
            float lse[2][HEADS * T];
            sa_ctx *ctx = way_open(&ways[w], 2);
            if (!ctx || ways[w].precision != SA_PRECISION_HIGHEST) {
                sa_ctx_destroy(&ctx);
                continue;
            }
            for (int run = 0; run < 2; run++) {
                sa_attention_args a = args_of(run ? again : o);
                const sa_score_callbacks c = {.struct_size = sizeof c, .prob_mod = halve};
                const sa_score_rules rules = {.struct_size = sizeof rules, .sink_logits = (float[]){1, 2, 3, 4}};
                a.query.size[2] = a.output.size[2] = queries;
                a.rules = &rules;
                a.callbacks = run ? &c : NULL;
                sa_tensor_set(&a.lse, lse[run], SA_F32, SA_BHSD, 1, HEADS, queries, 1);
                cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            }
            double worst = 0;
            for (int64_t h = 0; h < HEADS; h++)
                for (int64_t i = h * T * SIZE; i < (h * T + queries) * SIZE; i++)
                    worst = fmax(worst, fabs((double)o[i] / 2 - (double)again[i]));
            cr_expect(worst < 1e-6, "%s: %g", ways[w].name, worst);
            for (int64_t i = 0; i < HEADS * queries; i++) cr_expect(fabsf(lse[0][i] - lse[1][i]) < 1e-5f);
            sa_ctx_destroy(&ctx);
        }
}

Test(callbacks, pairs_that_are_refused) {
    sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options)});
    sa_attention_args a = args_of(o);
    const sa_score_callbacks c = {.struct_size = sizeof c, .score_mod = halve};
    const sa_score_rules rules = {.struct_size = sizeof rules, .alibi_slopes = (float[]){1, 1, 1, 1}};
    a.callbacks = &c, a.rules = &rules;
    cr_expect_eq(sa_attention(ctx, &a), SA_ERR_UNSUPPORTED);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "callbacks.score_mod is given beside rules.alibi_slopes");
    sa_attention_gradients g = {.struct_size = sizeof g};
    a.rules = NULL;
    cr_expect_eq(sa_attention_backward(ctx, &a, &g), SA_ERR_UNSUPPORTED, "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
}
