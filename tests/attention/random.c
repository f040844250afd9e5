/* Random problems on every path against the double-precision oracle.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* Errors of scores in binary32 grow with the scores, and the softmax hands them on: the bound for unit-variance scores,
 * times the standard deviation of the scores. */
static double spread(const struct sample *s) {
    double D = (double)s->args.query.size[3], scale = s->args.scale != 0 ? s->args.scale : 1 / sqrt(D);
    double spread = scale * sqrt(D) * s->magnitude * s->magnitude + s->steepest / 8;
    return spread > 1 ? spread : 1;
}

static void expect_close(const sa_tensor *got, const double *want, double bound, const char *what, const char *way,
                         const struct sample *s) {
    struct difference d = compare(got, want);
    cr_expect(d.wrong_class == 0 && (d.norm <= bound || d.largest <= bound), "%s, %s, %s: %s (bound %.3g)", way, what,
              s->text, difference_text(&d), bound);
}

static void check_sample(sa_ctx *ctx, const char *way, struct sample *s) {
    const sa_attention_args *a = &s->args;
    size_t rows = (size_t)(a->query.size[0] * a->query.size[1] * a->query.size[2]);
    double *output = malloc(rows * (size_t)a->value.size[3] * sizeof *output), *lse = malloc(rows * sizeof *lse);
    double *weights = malloc(rows * (size_t)a->key.size[2] * sizeof *weights);
    cr_assert_eq(sa_attention(ctx, a), SA_OK, "%s, %s: %s", way, s->text, sa_ctx_last_error(ctx));
    oracle_attention(a, output, lse, weights);
    expect_close(&a->output, output, 1e-6 * spread(s), "output", way, s);
    expect_close(&a->lse, lse, 1e-6 * spread(s), "lse", way, s);
    if (a->weights.data) expect_close(&a->weights, weights, 1e-6 * spread(s), "weights", way, s);
    free(output);
    free(lse);
    free(weights);
}

static void check_way(const struct way *way, uint64_t first, uint64_t count) {
    sa_ctx *ctx = way_open(way, 2);
    if (!ctx) return;
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct sample s;
        sample_make(&s, seed);
        check_sample(ctx, way->name, &s);
        sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

/* How many problems: SELFATTN_TEST_SAMPLES, or 400. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 400;
}

Test(random, every_path_agrees_with_the_oracle) {
    for (int w = 0; w < all_ways_count; w++) check_way(&ways[w], 0, samples());
}
