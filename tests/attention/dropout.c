/* Dropout beyond the random problems: any cut and number of threads has the same draws, and bad input is refused.
 * SPDX-License-Identifier: MIT */
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, K = 2, T = 70, S = 1100, D = 24, COUNT = B * H * T * D };

/* A problem of some tiles and chunks. */
struct call {
    float query[COUNT], key[B * K * S * D], value[B * K * S * D], output[COUNT];
    sa_masking masking;
    sa_dropout dropout;
    sa_attention_args args;
};

static void fill(float *x, int64_t n, struct rng *rng) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)(2 * rng_unit(rng) - 1);
}

static struct call *call_make(void) {
    struct call *c = calloc(1, sizeof *c);
    struct rng rng = {5};
    fill(c->query, COUNT, &rng);
    fill(c->key, B * K * S * D, &rng);
    fill(c->value, B * K * S * D, &rng);
    c->masking = (sa_masking){.struct_size = sizeof c->masking, .causal = 1, .align = SA_ALIGN_BOTTOM_RIGHT};
    c->dropout = (sa_dropout){.struct_size = sizeof c->dropout, .probability = 0.3f, .seed = 42};
    c->args = (sa_attention_args){.struct_size = sizeof c->args, .masking = &c->masking, .dropout = &c->dropout};
    sa_tensor_set(&c->args.query, c->query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&c->args.key, c->key, SA_F32, SA_BHSD, B, K, S, D);
    sa_tensor_set(&c->args.value, c->value, SA_F32, SA_BHSD, B, K, S, D);
    sa_tensor_set(&c->args.output, c->output, SA_F32, SA_BHSD, B, H, T, D);
    return c;
}

static void run(sa_ctx *ctx, struct call *c) {
    cr_assert_eq(sa_attention(ctx, &c->args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* On every path, at every precision: bf16 products of a matrix unit are not used. */
Test(dropout, agrees_with_the_oracle) {
    struct call *c = call_make();
    double *want = malloc(COUNT * sizeof *want);
    oracle_attention(&c->args, want, NULL, NULL);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        double worst = 0;
        run(ctx, c);
        for (int64_t i = 0; i < COUNT; i++) worst = fmax(worst, fabs((double)c->output[i] - want[i]));
        cr_expect(worst < 2e-6, "%s: %g", ways[w].name, worst);
        sa_ctx_destroy(&ctx);
    }
    free(want);
    free(c);
}

Test(dropout, any_number_of_threads_gives_the_same_bits) {
    struct call *c = call_make();
    float *first = malloc(sizeof c->output);
    for (int w = 0; w < all_ways_count; w++)
        for (int threads = 1; threads <= 7; threads += 2) {
            sa_ctx *ctx = way_open(&ways[w], threads);
            if (!ctx) continue;
            run(ctx, c);
            if (threads == 1) memcpy(first, c->output, sizeof c->output);
            cr_expect(!memcmp(first, c->output, sizeof c->output), "%s, %d threads", ways[w].name, threads);
            sa_ctx_destroy(&ctx);
        }
    free(first);
    free(c);
}

/* Draws are numbered by the query of the call, so a call with the first queries alone has theirs. */
Test(dropout, a_query_has_its_draws_beside_others_and_alone) {
    struct call *c = call_make();
    c->args.masking = NULL;
    float *all = malloc(sizeof c->output);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        double worst = 0;
        c->args.query.size[2] = c->args.output.size[2] = T;
        run(ctx, c);
        memcpy(all, c->output, sizeof c->output);
        memset(c->output, 0, sizeof c->output);
        c->args.query.size[2] = c->args.output.size[2] = 1;
        run(ctx, c);
        for (int64_t head = 0; head < B * H; head++)
            for (int64_t d = 0; d < D; d++)
                worst = fmax(worst, fabs((double)(all[head * T * D + d] - c->output[head * T * D + d])));
        cr_expect(worst < 2e-6, "%s: %g", ways[w].name, worst);
        sa_ctx_destroy(&ctx);
    }
    free(all);
    free(c);
}

/* A value that is NaN does not reach the queries that drop its key; those that keep it get NaN. */
Test(dropout, a_dropped_key_adds_nothing) {
    enum { KEY = 3 };
    struct call *c = call_make();
    c->args.masking = NULL;
    for (int64_t i = 0; i < B * K; i++) c->value[(i * S + KEY) * D] = NAN;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        int64_t wrong = 0;
        run(ctx, c);
        for (int64_t row = 0; row < B * H * T; row++) {
            const int keeps = oracle_dropout(&c->dropout, row / (H * T), row / T % H, row % T, KEY) != 0;
            wrong += (isnan(c->output[row * D]) != 0) != keeps;
        }
        cr_expect_eq(wrong, 0, "%s: %lld rows", ways[w].name, (long long)wrong);
        sa_ctx_destroy(&ctx);
    }
    free(c);
}

Test(dropout, bad_input_is_refused_with_its_value) {
    static const float bad[] = {1, -0.1f, 2, NAN, INFINITY};
    static const char *const sentences[] = {"dropout.probability is 1, must be 0 or more, and below 1",
                                            "dropout.probability is -0.1", "dropout.probability is 2",
                                            "dropout.probability is nan", "dropout.probability is inf"};
    struct call *c = call_make();
    sa_ctx *ctx = ctx_open(NULL);
    for (int i = 0; i < 5; i++) {
        c->dropout.probability = bad[i];
        cr_expect_eq(sa_attention(ctx, &c->args), SA_ERR_VALUE);
        cr_expect(strstr(sa_ctx_last_error(ctx), sentences[i]), "%s", sa_ctx_last_error(ctx));
    }
    c->dropout.probability = 0;
    c->dropout.reserved = 7;
    cr_expect_eq(sa_attention(ctx, &c->args), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "dropout.reserved is 7, must be 0"), "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    free(c);
}
