/* sa_attention() of one problem on every path and instruction set, against the formula in double precision. Every way
 * gives the same status, and results within the error that float32 may have.
 * SPDX-License-Identifier: MIT */
#include "fuzz/problem.h"
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"

#include <math.h>

enum { MOST_WAYS = 16 };

static sa_ctx *contexts[MOST_WAYS];

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    for (int w = 0; w < all_ways_count; w++)
        if (ways[w].path != SA_PATH_BLAS) contexts[w] = way_open(&ways[w], 1);
    return 0;
}

/* What a number of an output may be off by its own type. */
static double rounding(const sa_tensor *t, double want) {
    return t->dtype == SA_BF16 ? 0x1p-8 * fabs(want) + 1e-38 : t->dtype == SA_F16 ? 0x1p-11 * fabs(want) + 6e-8 : 0;
}

/* The classes of numbers are compared by compare(); NaN and infinities pass here. */
static void expect_near(const sa_tensor *got, const double *want, double error, double relative, const char *what,
                        const char *way) {
    const struct difference d = compare(got, want);
    EXPECT(!d.wrong_class || got->dtype == SA_F16, "%s, %s: %s", way, what, difference_text(&d));
    int64_t i = 0;
    for (int64_t b = 0; b < got->size[0]; b++)
        for (int64_t h = 0; h < got->size[1]; h++)
            for (int64_t t = 0; t < got->size[2]; t++)
                for (int64_t e = 0; e < got->size[3]; e++, i++) {
                    const double value = oracle_at(got, b, h, t, e), allowed = error + relative * fabs(want[i]);
                    EXPECT(!isfinite(value) || !isfinite(want[i]) ||
                               fabs(value - want[i]) <= allowed + rounding(got, want[i]),
                           "%s, %s at %lld %lld %lld %lld: %.9g, not %.9g (%.3g)", way, what, (long long)b,
                           (long long)h, (long long)t, (long long)e, value, want[i], allowed);
                }
}

static void compare_all(const struct problem *p, const struct way *way, const double *output, const double *lse,
                        const double *weights) {
    const sa_attention_args *a = &p->args;
    const struct bound bound = problem_bound(p, way->precision);
    /* A weight is at most 1; of scores that are so uncertain, any. */
    const double weight = bound.weight < .5 ? 2 * bound.weight : 2;
    expect_near(&a->output, output, weight * bound.largest * 1.01 + 1e-37, 0, "output", way->name);
    expect_near(&a->lse, lse, 2 * bound.score + bound.weight + 1e-6, 4 * 0x1p-24, "lse", way->name);
    if (!a->weights.data) return;
    if (a->weights_kind == SA_WEIGHTS_PROBABILITIES)
        expect_near(&a->weights, weights, weight, 0, "weights", way->name);
    else
        expect_near(&a->weights, weights, 2 * bound.score + 1e-30, 0, "scores", way->name);
}

static void run_problem(struct problem *p) {
    const sa_attention_args *a = &p->args;
    sa_status first = -1;
    double *output = NULL, *lse = NULL, *weights = NULL;
    if (!p->wild) {
        const size_t rows = (size_t)(a->query.size[0] * a->query.size[1] * a->query.size[2]);
        output = malloc(rows * (size_t)a->value.size[3] * sizeof *output + 1);
        lse = malloc(rows * sizeof *lse + 1);
        weights = malloc(rows * (size_t)a->key.size[2] * sizeof *weights + 1);
        oracle_attention(a, output, lse, weights);
    }
    for (int w = 0; w < all_ways_count; w++) {
        if (!contexts[w]) continue;
        problem_clear(p);
        const sa_status status = sa_attention(contexts[w], a);
        if (first < 0) first = status;
        EXPECT(status == first, "%s: status %d, not %d: %s", ways[w].name, status, first,
               sa_ctx_last_error(contexts[w]));
        EXPECT(p->wild || status == SA_OK, "%s: %s", ways[w].name, sa_ctx_last_error(contexts[w]));
        EXPECT(status == SA_OK || *sa_ctx_last_error(contexts[w]), "%s: status %d without a sentence", ways[w].name,
               status);
        if (output && lse && weights) compare_all(p, &ways[w], output, lse, weights);
    }
    free(output);
    free(lse);
    free(weights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct problem p;
    problem_make(&p, &in);
    run_problem(&p);
    problem_free(&p);
    return 0;
}
