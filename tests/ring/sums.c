/* Sums over chunks: right, and the same bits in any order and grouping.
 * SPDX-License-Identifier: MIT */
#include "flow/ring/sums.h"
#include "api/context.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DV = 5, TERMS = 40, WIDTH = SUMS_HEAD + 2 * DV };

struct terms {
    float o[TERMS][DV], l[TERMS];
};

static struct sums sums_over(sa_ctx *ctx, double *row) {
    const struct sums s = {&ctx->machine, 1, 1, 1, DV, row};
    sums_clear(&s);
    return s;
}

static void finish(sa_ctx *ctx, double *row, float *o, float *lse) {
    const struct sums s = {&ctx->machine, 1, 1, 1, DV, row};
    const struct view output = {.data = o, .stride_d = 1, .dtype = SA_F32}, l = {.data = lse, .dtype = SA_F32};
    sums_finish(&s, NULL, &output, &l);
}

static void shuffle(struct rng *rng, int *order) {
    for (int i = 0; i < TERMS; i++) order[i] = i;
    for (int i = TERMS - 1; i > 0; i--) {
        const int j = (int)rng_below(rng, i + 1), held = order[i];
        order[i] = order[j], order[j] = held;
    }
}

/* Two sums of some terms each, joined. */
static void sum_up(sa_ctx *ctx, const struct terms *t, const int *order, int split, float *o, float *lse) {
    double rows[2][WIDTH];
    for (int part = 0; part < 2; part++) {
        const struct sums s = sums_over(ctx, rows[part]);
        for (int i = part ? split : 0; i < (part ? TERMS : split); i++)
            sums_add(&s, 0, 1, t->o[order[i]], &t->l[order[i]]);
    }
    const struct sums s = {&ctx->machine, 1, 1, 1, DV, rows[0]};
    sums_join(&s, rows[1]);
    finish(ctx, rows[0], o, lse);
}

/* In long double, from the formula. */
static void expect_sum(const struct terms *t, const float *o, float lse, int seed) {
    long double most = -INFINITY, total = 0, sums[DV] = {0}, largest = 0;
    for (int i = 0; i < TERMS; i++) most = fmaxl(most, (long double)t->l[i]);
    for (int i = 0; i < TERMS; i++) {
        const long double f = expl((long double)t->l[i] - most);
        total += f;
        for (int d = 0; d < DV; d++) sums[d] += f * (long double)t->o[i][d];
    }
    for (int d = 0; d < DV; d++) largest = fmaxl(largest, fabsl(sums[d]));
    for (int d = 0; d < DV; d++)
        cr_expect_leq(fabsl((long double)o[d] - sums[d] / total), 0x1p-23L * largest / total, "seed %d", seed);
    cr_expect_leq(fabsl((long double)lse - most - logl(total)), 0x1p-23L * (1 + fabsl(most)), "seed %d", seed);
}

Test(sums, any_order) {
    sa_ctx *ctx = ctx_open(NULL);
    for (int seed = 1; seed <= 300; seed++) {
        struct rng rng = {(uint64_t)seed};
        struct terms t;
        const double spread = rng_chance(&rng, .3) ? 200 : rng_chance(&rng, .5) ? 30 : 2;
        const double offset = rng_chance(&rng, .2) ? 1e5 : 0;
        for (int i = 0; i < TERMS; i++) {
            t.l[i] = (float)(offset + spread * (double)rng_normal(&rng));
            const double size = rng_chance(&rng, .2) ? exp2(60 * rng_unit(&rng) - 30) : 1;
            for (int d = 0; d < DV; d++) t.o[i][d] = (float)(size * (double)rng_normal(&rng));
        }
        int order[TERMS];
        float o[2][DV], lse[2];
        for (int n = 0; n < 6; n++) {
            shuffle(&rng, order);
            sum_up(ctx, &t, order, (int)rng_below(&rng, TERMS + 1), o[n > 0], &lse[n > 0]);
            if (n) cr_assert(!memcmp(o[0], o[1], sizeof o[0]) && lse[0] == lse[1], "seed %d: other bits", seed);
        }
        expect_sum(&t, o[0], lse[0], seed);
    }
    sa_ctx_destroy(&ctx);
}

/* Log-sum-exps to which no exponent of a double belongs. */
Test(sums, huge_logs) {
    static const float logs[] = {3e38F, -3e38F, 1e13F, -1e13F, 1e30F};
    sa_ctx *ctx = ctx_open(NULL);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            double row[WIDTH];
            float o[DV], lse, one[DV] = {1, 1, 1, 1, 1}, two[DV] = {2, 2, 2, 2, 2};
            const struct sums s = sums_over(ctx, row);
            sums_add(&s, 0, 1, one, &logs[i]);
            sums_add(&s, 0, 1, two, &logs[j]);
            finish(ctx, row, o, &lse);
            const float want = logs[i] > logs[j] ? 1 : logs[i] < logs[j] ? 2 : 1.5F;
            cr_expect(o[0] == want && o[4] == want, "%g and %g: %g", (double)logs[i], (double)logs[j], (double)o[0]);
            cr_expect_eq(lse, fmaxf(logs[i], logs[j]));
        }
    sa_ctx_destroy(&ctx);
}

/* As many terms as are allowed, of the size that fills the sums most. */
Test(sums, many_terms) {
    sa_ctx *ctx = ctx_open(NULL);
    double row[WIDTH];
    float o[DV], lse, term[DV], zero = 0;
    for (int d = 0; d < DV; d++) term[d] = nextafterf(0x1p35F, 0);
    const struct sums s = sums_over(ctx, row);
    for (int i = 0; i < SA_SHARD_CHUNKS; i++) sums_add(&s, 0, 1, term, &zero);
    cr_expect_eq(row[SUMS_HEAD] + row[SUMS_HEAD + DV] / 0x1p36, (double)term[0] * SA_SHARD_CHUNKS);
    finish(ctx, row, o, &lse);
    cr_expect_eq(o[0], term[0]);
    cr_expect_eq(lse, (float)log(SA_SHARD_CHUNKS));
    sa_ctx_destroy(&ctx);
}

Test(sums, nothing_visible) {
    sa_ctx *ctx = ctx_open(NULL);
    double row[WIDTH];
    float o[DV], lse = 0, term[DV] = {NAN, NAN, NAN, NAN, NAN}, none = -INFINITY;
    const struct sums s = sums_over(ctx, row);
    sums_add(&s, 0, 1, term, &none);
    finish(ctx, row, o, &lse);
    for (int d = 0; d < DV; d++) cr_expect_eq(o[d], 0);
    cr_expect_eq(lse, -INFINITY);
    sa_ctx_destroy(&ctx);
}
