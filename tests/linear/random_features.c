/* Random features: their directions, and attention by them against exact attention.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 1, H = 2, T = 96, D = 16, DV = 16 };

static sa_random_features *make(sa_ctx *ctx, int64_t m, uint64_t seed, int32_t independent) {
    sa_random_features *f;
    const sa_random_features_config config = {
        .struct_size = sizeof config, .count = m, .head_size = D, .seed = seed, .independent = independent};
    sa_status status = sa_random_features_create(ctx, &config, &f);
    if (!independent && status == SA_ERR_UNSUPPORTED) cr_skip_test("%s", sa_ctx_last_error(ctx));
    cr_assert_eq(status, SA_OK, "%s", sa_ctx_last_error(ctx));
    return f;
}

/* ---- directions */

static double product(const float *a, const float *b) {
    double sum = 0;
    for (int d = 0; d < D; d++) sum += (double)a[d] * (double)b[d];
    return sum;
}

Test(random_features, directions_of_a_block_are_orthogonal) {
    enum { M = 2 * D + 5 };
    static float x[M * D];
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    sa_random_features *f = make(ctx, M, 1, 0);
    cr_assert_eq(sa_random_features_read(f, x), SA_OK);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < i; j++) {
            const double cosine =
                product(x + i * D, x + j * D) / sqrt(product(x + i * D, x + i * D) * product(x + j * D, x + j * D));
            if (i / D == j / D) cr_assert(fabs(cosine) < 1e-6, "%d and %d: %g", i, j, cosine);
        }
    sa_random_features_destroy(&f);
    sa_ctx_destroy(&ctx);
}

/* Lengths and elements have the moments of normal vectors: a mean square of 1 within 5 standard errors. */
static void check_moments(int32_t independent) {
    enum { M = 512 };
    static float x[M * D], again[M * D];
    double squares = 0, sum = 0;
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    for (int i = 0; i < 2; i++) {
        sa_random_features *f = make(ctx, M, 9, independent);
        cr_assert_eq(sa_random_features_read(f, i ? again : x), SA_OK);
        sa_random_features_destroy(&f);
    }
    cr_expect(!memcmp(x, again, sizeof x), "the same seed gives the same directions");
    for (int i = 0; i < M * D; i++) squares += (double)x[i] * (double)x[i], sum += (double)x[i];
    cr_expect(fabs(squares / (M * D) - 1) < 5 * sqrt(2. / (M * D)), "mean square %g", squares / (M * D));
    cr_expect(fabs(sum / (M * D)) < 5 / sqrt(M * D), "mean %g", sum / (M * D));
    sa_ctx_destroy(&ctx);
}

Test(random_features, orthogonal_directions_have_normal_moments) {
    check_moments(0);
}
Test(random_features, independent_directions_have_normal_moments) {
    check_moments(1);
}

/* These numbers have to come out everywhere. */
Test(random_features, a_seed_gives_these_numbers) {
    static const float want[] = {-0x1.170736p-1f, -0x1.58fbd2p-1f, -0x1.9da338p-4f, 0x1.ab10e6p-4f,
                                 -0x1.16c14ap+0f, -0x1.58a56p+0f,  -0x1.9d3b9p-3f,  0x1.aaa5e2p-3f};
    float x[D * 2];
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    for (int i = 0; i < 2; i++) {
        sa_random_features *f = make(ctx, 2, 2026, !i);
        cr_assert_eq(sa_random_features_read(f, x), SA_OK);
        for (int d = 0; d < 4; d++) cr_expect(x[d] == want[4 * i + d], "%d, %d: %a", i, d, (double)x[d]);
        sa_random_features_destroy(&f);
    }
    sa_ctx_destroy(&ctx);
}

/* ---- attention */

struct problem {
    float query[B * H * T * D], key[B * H * T * D], value[B * H * T * DV], output[B * H * T * DV];
    sa_linear_attention_args args;
    double exact[B * H * T * DV];
};

static struct problem *problem_make(int32_t causal, float spread) {
    struct problem *p = calloc(1, sizeof *p);
    struct rng rng = {5};
    for (int i = 0; i < B * H * T * D; i++)
        p->query[i] = spread * rng_normal(&rng), p->key[i] = spread * rng_normal(&rng);
    for (int i = 0; i < B * H * T * DV; i++) p->value[i] = rng_normal(&rng);
    sa_linear_attention_args *a = &p->args;
    *a = (sa_linear_attention_args){.struct_size = sizeof *a, .normalised = 1, .bidirectional = !causal};
    sa_tensor_set(&a->query, p->query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&a->key, p->key, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&a->value, p->value, SA_F32, SA_BHSD, B, H, T, DV);
    sa_tensor_set(&a->output, p->output, SA_F32, SA_BHSD, B, H, T, DV);
    const sa_masking masking = {.struct_size = sizeof masking, .causal = causal};
    const sa_attention_args exact = {.struct_size = sizeof exact,
                                     .query = a->query,
                                     .key = a->key,
                                     .value = a->value,
                                     .output = a->output,
                                     .masking = &masking};
    oracle_attention(&exact, p->exact, NULL, NULL);
    return p;
}

static double error_with(sa_ctx *ctx, struct problem *p, const sa_random_features *f) {
    p->args.random_features = f;
    cr_assert_eq(sa_linear_attention(ctx, &p->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    struct difference d = compare(&p->args.output, p->exact);
    cr_expect(d.wrong_class == 0);
    return d.norm;
}

/* The exponent of m in the error, fitted over m and averaged over seeds: -1/2 by theory. */
static void check_exponent(int32_t causal) {
    enum { POINTS = 6, SEEDS = 10 };
    double x = 0, y = 0, xx = 0, xy = 0;
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    struct problem *p = problem_make(causal, .4f);
    for (int i = 0; i < POINTS; i++) {
        double error = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            sa_random_features *f = make(ctx, 64 << i, seed, 0);
            error += error_with(ctx, p, f) / SEEDS;
            sa_random_features_destroy(&f);
        }
        const double m = log(64 << i), e = log(error);
        x += m / POINTS, y += e / POINTS, xx += m * m / POINTS, xy += m * e / POINTS;
    }
    const double exponent = (xy - x * y) / (xx - x * x);
    cr_expect(exponent > -.65 && exponent < -.4, "causal %d: the error falls as m^%.3f", causal, exponent);
    cr_expect(y < log(.1), "causal %d: a mean error of %g", causal, exp(y));
    free(p);
    sa_ctx_destroy(&ctx);
}

Test(random_features, the_error_falls_with_the_root_of_their_number) {
    check_exponent(0);
    check_exponent(1);
}

/* Every way and form computes the same, and large scores do not overflow. */
static void check_way(const struct way *way, float spread) {
    static float first[B * H * T * DV];
    sa_ctx *ctx = way_open(way, 2);
    if (!ctx) return;
    sa_random_features *f = make(ctx, 50, 3, 1);
    for (int32_t causal = 0; causal < 2; causal++) {
        struct problem *p = problem_make(causal, spread);
        double want[B * H * T * DV];
        for (int32_t form = SA_LINEAR_CHUNKED; form >= (causal ? SA_LINEAR_RECURRENT : SA_LINEAR_CHUNKED); form--) {
            p->args.form = form;
            (void)error_with(ctx, p, f);
            if (form == SA_LINEAR_CHUNKED) memcpy(first, p->output, sizeof first);
            for (int i = 0; i < B * H * T * DV; i++) want[i] = (double)first[i];
            struct difference d = compare(&p->args.output, want);
            cr_expect(d.wrong_class == 0 && d.norm < 2e-5, "%s, form %d, spread %g: %s", way->name, form,
                      (double)spread, difference_text(&d));
            for (int i = 0; i < B * H * T * DV; i++) cr_assert(isfinite(p->output[i]));
        }
        free(p);
    }
    sa_random_features_destroy(&f);
    sa_ctx_destroy(&ctx);
}

Test(random_features, all_ways_agree) {
    for (int w = 0; w < ways_count; w++)
        if (ways[w].path != SA_PATH_BLAS) {
            check_way(&ways[w], 1);
            check_way(&ways[w], 6);
        }
}

Test(random_features, bad_input_is_refused) {
    sa_ctx *ctx;
    sa_random_features *f = NULL;
    sa_random_features_config config = {.struct_size = sizeof config, .count = 0, .head_size = D};
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    cr_expect_eq(sa_random_features_create(ctx, &config, &f), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "count is 0") && !f);
    config.count = 8, config.independent = 2;
    cr_expect_eq(sa_random_features_create(ctx, &config, &f), SA_ERR_VALUE);
    cr_expect_eq(sa_random_features_create(ctx, NULL, &f), SA_ERR_NULL);
    cr_expect_eq(sa_random_features_create(ctx, &config, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_random_features_read(NULL, NULL), SA_ERR_NULL);
    f = make(ctx, 8, 1, 1);
    struct problem *p = problem_make(1, 1);
    p->args.random_features = f;
    p->args.normalised = 0;
    cr_expect_eq(sa_linear_attention(ctx, &p->args), SA_ERR_VALUE);
    p->args.normalised = 1, p->args.scale = -1;
    cr_expect_eq(sa_linear_attention(ctx, &p->args), SA_ERR_VALUE);
    p->args.scale = 0, p->args.decay = p->args.key;
    cr_expect_eq(sa_linear_attention(ctx, &p->args), SA_ERR_UNSUPPORTED);
    free(p);
    sa_random_features_destroy(&f);
    sa_random_features_destroy(NULL);
    sa_ctx_destroy(&ctx);
}
