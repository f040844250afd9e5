/* The softmax steps of the lane kernels: exponentials within their bound, sums of what was stored, exact maxima, exact zeros.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

enum { MOST_COUNT = 67, WIDEST = 48 };

/* What a column of scores is made of. */
enum kind { ORDINARY, SHARP, SOME_HIDDEN, ALL_HIDDEN, SOME_NAN, HUGE_LOGITS, INFINITE, DENORMAL, KINDS };

static float score_of(struct rng *rng, enum kind kind) {
    static const float huge[] = {FLT_MAX, -FLT_MAX, 3e38f, -3e38f, 1e30f, -INFINITY};
    uint32_t nan = (rng_chance(rng, .5) ? 0x7f800001u : 0xff800001u) + (uint32_t)rng_below(rng, 0x7fffff);
    float value = rng_normal(rng) * 4;
    switch (kind) {
    case SHARP:
        return value * 30;
    case SOME_HIDDEN:
        return rng_chance(rng, .5) ? -INFINITY : value;
    case ALL_HIDDEN:
        return -INFINITY;
    case SOME_NAN:
        if (rng_chance(rng, .2)) memcpy(&value, &nan, sizeof value);
        return value;
    case HUGE_LOGITS:
        return huge[rng_below(rng, 6)];
    case INFINITE:
        return rng_chance(rng, .1) ? INFINITY : value;
    case DENORMAL:
        return value * FLT_MIN / 8;
    default:
        return value;
    }
}

/* exp(from - to), at least FLT_MIN; 1 where from is not below to. */
static double worth(float from, float to) {
    return from < to ? fmax(exp((double)(from - to)), FLT_MIN) : 1;
}

static double worth_excess(double got, float from, float to) {
    if (!(from < to)) return excess(got, 1, 0);
    double exact = worth(from, to);
    return exact > FLT_MIN ? exp_excess(got, from - to, 0x1p-24) : excess(got, exact, 0);
}

/* One column of lane_softmax, from `score` to `weight`, a step of `width` apart. */
static void check_column(const float *score, const float *weight, int64_t width, int64_t count, const float before[2],
                         const float after[3], struct worst *worst, const char *what) {
    float largest = before[0];
    for (int64_t j = 0; j < count; j++)
        if (score[j * width] > largest) largest = score[j * width];
    float base = largest == -INFINITY ? 0 : largest;
    double sum = 0, maximum = after[0], total = after[1], shrink = after[2];
    for (int64_t j = 0; j < count; j++) {
        double error = exp_excess(weight[j * width], score[j * width] - base, 0);
        sum += weight[j * width];
        NOTE(worst, error, "%s, weight %lld of %lld: exp(%a - %a) = %a", what, (long long)j, (long long)count,
             (double)score[j * width], (double)base, (double)weight[j * width]);
    }
    double exact_total = before[1] * shrink + sum;
    NOTE(worst, excess(maximum, largest, 0), "%s, %lld scores: maximum %a, want %a", what, (long long)count, maximum,
         (double)largest);
    NOTE(worst, worth_excess(shrink, before[0], largest), "%s, from %a to %a: shrink %a", what, (double)before[0],
         (double)largest, shrink);
    NOTE(worst, excess(total, exact_total, (double)(count + 2) * 0x1p-24 * exact_total),
         "%s, %lld scores: total %a, want %a", what, (long long)count, total, exact_total);
}

static const char *const kind_names[] = {"ordinary", "sharp", "some hidden", "all hidden",
                                         "some NaN", "huge",  "infinite",    "denormal"};

/* What each column has before: nothing, something, or more than it will meet. */
static void start(struct rng *rng, float *maximum, float *total) {
    static const float maxima[] = {-INFINITY, 0, -30, 100, 3e38f, INFINITY};
    *maximum = maxima[rng_below(rng, 6)];
    *total = *maximum > -INFINITY ? 1 + fabsf(rng_normal(rng)) : 0;
}

static void check_softmax(const struct table *table, int64_t width, int64_t count, int64_t side, struct rng *rng,
                          struct worst *worst) {
    int64_t size = width * count;
    struct row before = row_make(size, side), scores = row_make(size, side), maximum = row_make(width, side),
               total = row_make(width, side), shrink = row_make(width, side);
    float old[WIDEST][2];
    int kind[WIDEST];
    for (int64_t w = 0; w < width; w++) {
        kind[w] = (int)rng_below(rng, KINDS);
        start(rng, &maximum.x[w], &total.x[w]);
        old[w][0] = maximum.x[w], old[w][1] = total.x[w];
        for (int64_t j = 0; j < count; j++) before.x[j * width + w] = score_of(rng, (enum kind)kind[w]);
    }
    memcpy(scores.x, before.x, (size_t)size * sizeof *scores.x);
    table->kernels->lane_softmax(scores.x, width, count, maximum.x, total.x, shrink.x);
    for (int64_t w = 0; w < width; w++) {
        const float after[3] = {maximum.x[w], total.x[w], shrink.x[w]};
        check_column(before.x + w, scores.x + w, width, count, old[w], after, worst, kind_names[kind[w]]);
    }
    struct row *all[] = {&before, &scores, &maximum, &total, &shrink};
    for (int i = 0; i < 5; i++) {
        if (!row_is_alone(all[i])) NOTE(worst, INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void test_softmax(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {61};
    for (int64_t width = table->kernels->lanes; width <= table->kernels->most_width; width += table->kernels->lanes)
        for (int64_t count = 0; count <= MOST_COUNT; count++)
            for (int repeat = 0; repeat < 4; repeat++)
                check_softmax(table, width, count, repeat % 2 ? AT_END : AT_START, &rng, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_softmax, one_step_of_it) {
    for_each_table(test_softmax);
}

/* Scores on their way to probabilities: what lane_softmax left as maximum and 1 / total comes back. */
static void check_exp(const struct table *table, int64_t width, int64_t n, int64_t side, struct rng *rng,
                      struct worst *worst) {
    struct row x = row_make(width * n, side), from = row_make(width * n, side), base = row_make(width, side),
               factor = row_random(width, side, rng, NULL, 0);
    for (int64_t w = 0; w < width; w++) {
        enum kind kind = (enum kind)rng_below(rng, KINDS);
        base.x[w] = kind == HUGE_LOGITS ? FLT_MAX : 0;
        for (int64_t i = w; i < width * n; i += width) {
            from.x[i] = score_of(rng, kind);
            base.x[w] = fmaxf(base.x[w], from.x[i]);
        }
    }
    memcpy(x.x, from.x, (size_t)(width * n) * sizeof *x.x);
    table->kernels->lane_exp(x.x, width, n, base.x, factor.x);
    for (int64_t i = 0; i < width * n; i++) {
        double factor_here = factor.x[i % width];
        NOTE(worst, exp_excess(x.x[i] / factor_here, from.x[i] - base.x[i % width], 0x1p-24), "exp(%a - %a) * %a = %a",
             (double)from.x[i], (double)base.x[i % width], factor_here, (double)x.x[i]);
    }
    struct row *all[] = {&x, &from, &base, &factor};
    for (int i = 0; i < 4; i++) {
        if (!row_is_alone(all[i])) NOTE(worst, INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void test_exp(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {73};
    for (int64_t width = table->kernels->lanes; width <= table->kernels->most_width; width += table->kernels->lanes)
        for (int64_t n = 0; n <= MOST_COUNT; n++) check_exp(table, width, n, n % 2 ? AT_END : AT_START, &rng, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_softmax, exponentials_alone) {
    for_each_table(test_exp);
}
