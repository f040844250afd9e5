/* Random problems on every path against the double-precision oracle.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* Errors of scores in binary32 grow with the scores, and the softmax hands them on: the way's bound for unit-variance
 * scores, times the standard deviation of the scores. */
static double spread(const struct sample *s) {
    double D = (double)s->args.query.size[3], scale = s->args.scale != 0 ? s->args.scale : 1 / sqrt(D);
    double spread = scale * sqrt(D) * s->magnitude * s->magnitude + s->steepest / 8;
    return spread > 1 ? spread : 1;
}

/* Errors of bf16 operands average out, over the head size and over a norm of many numbers. Where there is little to
 * average over, as few results or few keys, whose errors all queries share, a result can be twice as far off, and three
 * times where a score is a single product. */
static double bound_of(const struct way *way, const struct sample *s, const sa_tensor *got) {
    const sa_tensor *key = &s->args.key;
    int64_t D = key->size[3], numbers = got->size[0] * got->size[1] * got->size[2] * got->size[3],
            keys = key->size[0] * key->size[1] * key->size[2] * D;
    double few = way->precision == SA_PRECISION_HIGHEST  ? 1
                 : D == 1                                ? 3
                 : D <= 8 || numbers < 256 || keys < 256 ? 2
                                                         : 1;
    return way->error * spread(s) * few;
}

static void expect_close(const sa_tensor *got, const double *want, const char *what, const struct way *way,
                         const struct sample *s) {
    struct difference d = compare(got, want);
    double bound = bound_of(way, s, got);
    cr_expect(d.wrong_class == 0 && (d.norm <= bound || d.largest <= bound), "%s, %s, %s: %s (bound %.3g)", way->name,
              what, s->text, difference_text(&d), bound);
}

static int key_is_finite(const sa_attention_args *a, int64_t b, int64_t k, int64_t j) {
    int finite = 1;
    for (int64_t d = 0; d < a->key.size[3]; d++) finite &= isfinite(oracle_at(&a->key, b, k, j, d)) != 0;
    return finite;
}

/* In two parts an infinity is infinity and NaN, and so its scores may be NaN. Raw scores show those of hidden keys. */
static void forgive_nan_of_infinite_keys(const sa_attention_args *a, const double *want) {
    int64_t H = a->query.size[1], T = a->query.size[2], S = a->key.size[2], group = H / a->key.size[1];
    float *got = a->weights.data;
    for (int64_t i = 0; i < a->query.size[0] * H * T * S; i++)
        if (isnan(got[i]) && !key_is_finite(a, i / S / T / H, i / S / T % H / group, i % S)) got[i] = (float)want[i];
}

struct answer {
    double *output, *lse, *weights;
};

static void check_sample(sa_ctx *ctx, const struct way *way, struct sample *s, const struct answer *want) {
    const sa_attention_args *a = &s->args;
    sample_clear_outputs(s);
    cr_assert_eq(sa_attention(ctx, a), SA_OK, "%s, %s: %s", way->name, s->text, sa_ctx_last_error(ctx));
    expect_close(&a->output, want->output, "output", way, s);
    expect_close(&a->lse, want->lse, "lse", way, s);
    if (!a->weights.data) return;
    if (way->precision == SA_PRECISION_HIGH) forgive_nan_of_infinite_keys(a, want->weights);
    expect_close(&a->weights, want->weights, "weights", way, s);
}

static struct answer answer_make(const sa_attention_args *a) {
    size_t rows = (size_t)(a->query.size[0] * a->query.size[1] * a->query.size[2]);
    struct answer want = {malloc(rows * (size_t)a->value.size[3] * sizeof(double)), malloc(rows * sizeof(double)),
                          malloc(rows * (size_t)a->key.size[2] * sizeof(double))};
    oracle_attention(a, want.output, want.lse, want.weights);
    return want;
}

static void answer_free(struct answer *want) {
    free(want->output);
    free(want->lse);
    free(want->weights);
}

/* How many problems: SELFATTN_TEST_SAMPLES, or 400. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 400;
}

Test(random, every_path_agrees_with_the_oracle) {
    enum { MOST_WAYS = 16 };
    sa_ctx *ctx[MOST_WAYS];
    for (int w = 0; w < all_ways_count; w++) ctx[w] = way_open(&ways[w], 2);
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct sample s;
        sample_make(&s, seed);
        struct answer want = answer_make(&s.args);
        for (int w = 0; w < all_ways_count; w++)
            if (ctx[w]) check_sample(ctx[w], &ways[w], &s, &want);
        answer_free(&want);
        sample_free(&s);
    }
    for (int w = 0; w < all_ways_count; w++) sa_ctx_destroy(&ctx[w]);
}
