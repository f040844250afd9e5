/* What summaries want of a tile of weights: bit for bit what plain C computes.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_COUNT = 67, MOST_WIDTH = 64 };

static const float specials[] = {0, 0, FLT_TRUE_MIN, FLT_MIN, 1};
enum { SPECIALS = sizeof specials / sizeof specials[0] };

/* A tile of weights: `width` lanes, of which the first `rows` are looked at, of `count` keys. */
struct weights {
    int64_t width, rows, count;
    struct row weights, scores;
};

static struct weights weights_random(int64_t width, int64_t rows, int64_t count, int64_t side, struct rng *rng) {
    const int64_t n = count && rows ? (count - 1) * width + rows : 0;
    struct weights w = {width, rows, count, row_random(n, side, rng, specials, SPECIALS), row_make(n, side)};
    for (int64_t i = 0; i < n; i++) {
        w.weights.x[i] = fabsf(w.weights.x[i]);
        w.scores.x[i] = w.weights.x[i] == 0 && i % 2 ? -INFINITY : (float)rng_unit(rng) * 8 - 4;
    }
    return w;
}

/* Wrong numbers of sums and largest ones over the rows of a key, which begin anywhere. */
static int64_t check_keys(const struct kernels *k, const struct weights *w, int64_t side, struct rng *rng) {
    const int64_t n = w->count * KEY_LANES;
    struct row sums = row_random(n, side, rng, NULL, 0), largest = row_random(n, side, rng, specials, SPECIALS),
               want[] = {row_make(n, side), row_make(n, side)};
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; i++) largest.x[i] = fabsf(largest.x[i]);
    memcpy(want[0].x, sums.x, (size_t)n * sizeof(float));
    memcpy(want[1].x, largest.x, (size_t)n * sizeof(float));
    k->lanes->add_keys(sums.x, largest.x, w->weights.x, w->width, w->count, w->rows);
    kernels_ref.lanes->add_keys(want[0].x, want[1].x, w->weights.x, w->width, w->count, w->rows);
    for (int64_t i = 0; i < n; i++) wrong += !same(sums.x[i], want[0].x[i]) + !same(largest.x[i], want[1].x[i]);
    wrong += !row_is_alone(&sums) + !row_is_alone(&largest);
    struct row *all[] = {&sums, &largest, &want[0], &want[1]};
    for (int i = 0; i < 4; i++) row_free(all[i]);
    return wrong;
}

/* The same over the keys of a row: the largest weight, and the entropy's sum. */
static int64_t check_rows(const struct kernels *k, const struct weights *w, int64_t side, struct rng *rng) {
    struct row base = row_random(w->rows, side, rng, NULL, 0), log_total = row_random(w->rows, side, rng, NULL, 0),
               largest = row_make(w->rows, side), sums = row_make(w->rows, side);
    float want[2][MOST_WIDTH];
    int64_t wrong = 0;
    cr_assert(w->rows <= MOST_WIDTH);
    k->lanes->largest(largest.x, w->weights.x, w->width, w->count, w->rows);
    k->lanes->entropy(sums.x, w->weights.x, w->scores.x, w->width, w->count, w->rows, base.x, log_total.x);
    kernels_ref.lanes->largest(want[0], w->weights.x, w->width, w->count, w->rows);
    kernels_ref.lanes->entropy(want[1], w->weights.x, w->scores.x, w->width, w->count, w->rows, base.x, log_total.x);
    for (int64_t i = 0; i < w->rows; i++) wrong += !same(largest.x[i], want[0][i]) + !same(sums.x[i], want[1][i]);
    wrong += !row_is_alone(&sums) + !row_is_alone(&largest);
    struct row *all[] = {&base, &log_total, &largest, &sums};
    for (int i = 0; i < 4; i++) row_free(all[i]);
    return wrong;
}

static void test_summaries(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {97};
    const struct lane_kernels *lanes = table->kernels->lanes;
    for (int64_t width = 1; width <= lanes->most_width; width += width < lanes->unit ? lanes->unit - 1 : lanes->unit)
        for (int64_t rows = 1; rows <= width; rows++)
            for (int64_t count = 0; count <= MOST_COUNT; count += 1 + rows % 7) {
                const int64_t side = count % 2 ? AT_END : AT_START;
                struct weights w = weights_random(width, rows, count, side, &rng);
                const int64_t wrong =
                    check_keys(table->kernels, &w, side, &rng) + check_rows(table->kernels, &w, side, &rng);
                NOTE(&worst, wrong ? INFINITY : 0, "%lld rows of %lld, %lld keys", (long long)rows, (long long)width,
                     (long long)count);
                row_free(&w.weights);
                row_free(&w.scores);
            }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_summaries, agree_with_plain_c) {
    for_each_table(test_summaries);
}
