/* The softmax of the lane kernels: one step of it, and the exponentials alone.
 * SPDX-License-Identifier: MIT */
#include "kernel/softmax_step.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

enum { MOST_COUNT = 67, WIDEST = 48 };

static void free_rows(struct row *const all[], int count, struct worst *worst) {
    for (int i = 0; i < count; i++) {
        NOTE(worst, row_is_alone(all[i]) ? 0 : INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void check_softmax(const struct table *table, int64_t width, int64_t count, int64_t side, struct rng *rng,
                          struct worst *worst) {
    struct row before = row_make(width * count, side), scores = row_make(width * count, side),
               maximum = row_make(width, side), total = row_make(width, side), shrink = row_make(width, side);
    struct column columns[WIDEST];
    enum kind kinds[WIDEST];
    for (int64_t w = 0; w < width; w++) {
        column_start(rng, &maximum.x[w], &total.x[w]);
        columns[w] = (struct column){.scores = before.x + w,
                                     .step = width,
                                     .count = count,
                                     .maximum_before = maximum.x[w],
                                     .total_before = total.x[w]};
        kinds[w] = (enum kind)rng_below(rng, KINDS);
        for (int64_t i = w; i < width * count; i += width) before.x[i] = kind_score(rng, kinds[w]);
    }
    memcpy(scores.x, before.x, (size_t)(width * count) * sizeof *scores.x);
    table->kernels->lanes->softmax(scores.x, width, count, maximum.x, total.x, shrink.x);
    for (int64_t w = 0; w < width; w++) {
        double weights[MOST_COUNT];
        for (int64_t j = 0; j < count; j++) weights[j] = scores.x[j * width + w];
        columns[w].maximum = maximum.x[w], columns[w].total = total.x[w], columns[w].shrink = shrink.x[w];
        column_check(&columns[w], weights, worst, kind_names[kinds[w]]);
    }
    free_rows((struct row *[]){&before, &scores, &maximum, &total, &shrink}, 5, worst);
}

static void test_softmax(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {61};
    for (int64_t width = table->kernels->lanes->unit; width <= table->kernels->lanes->most_width;
         width += table->kernels->lanes->unit)
        for (int64_t count = 0; count <= MOST_COUNT; count++)
            for (int repeat = 0; repeat < 4; repeat++)
                check_softmax(table, width, count, repeat % 2 ? AT_END : AT_START, &rng, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_softmax, one_step) {
    for_each_table(test_softmax);
}

/* A query alone has the bits that it has among others. */
static void test_neighbours(const struct table *table) {
    float scores[MOST_COUNT * WIDEST], narrow[MOST_COUNT * WIDEST];
    int64_t width = table->kernels->lanes->most_width, lanes = table->kernels->lanes->unit, wrong = 0;
    struct rng rng = {62};
    for (int64_t count = 1; count <= MOST_COUNT; count++)
        for (int64_t first = 0; first < width; first += lanes) {
            float state[3][WIDEST], narrow_state[3][WIDEST];
            for (int64_t i = 0; i < count * width; i++) scores[i] = kind_score(&rng, (enum kind)(i % width % KINDS));
            for (int64_t w = 0; w < width; w++) column_start(&rng, &state[0][w], &state[1][w]);
            for (int64_t i = 0; i < count * lanes; i++) narrow[i] = scores[i / lanes * width + first + i % lanes];
            for (int i = 0; i < 2; i++) memcpy(narrow_state[i], state[i] + first, (size_t)lanes * sizeof(float));
            table->kernels->lanes->softmax(scores, width, count, state[0], state[1], state[2]);
            table->kernels->lanes->softmax(narrow, lanes, count, narrow_state[0], narrow_state[1], narrow_state[2]);
            for (int64_t i = 0; i < count * lanes; i++)
                wrong += !same(narrow[i], scores[i / lanes * width + first + i % lanes]);
            for (int64_t i = 0; i < 3 * lanes; i++)
                wrong += !same(narrow_state[i / lanes][i % lanes], state[i / lanes][first + i % lanes]);
        }
    EXPECT(wrong == 0, "%s: %lld elements have other bits among other queries", table->name, (long long)wrong);
}

Test(lane_softmax, does_not_depend_on_neighbours) {
    for_each_table(test_neighbours);
}

/* Scores on their way to probabilities, against a maximum and with a factor. */
static void check_exp(const struct table *table, int64_t width, int64_t n, int64_t side, struct rng *rng,
                      struct worst *worst) {
    struct row x = row_make(width * n, side), from = row_make(width * n, side), base = row_make(width, side),
               factor = row_make(width, side);
    for (int64_t w = 0; w < width; w++) {
        enum kind kind = (enum kind)rng_below(rng, KINDS);
        factor.x[w] = 1 + (float)rng_unit(rng);
        base.x[w] = kind == HUGE_LOGITS ? FLT_MAX : 0;
        for (int64_t i = w; i < width * n; i += width) {
            from.x[i] = kind_score(rng, kind);
            if (from.x[i] > base.x[w]) base.x[w] = from.x[i];
        }
    }
    memcpy(x.x, from.x, (size_t)(width * n) * sizeof *x.x);
    table->kernels->lanes->exp(x.x, width, n, base.x, factor.x);
    for (int64_t i = 0; i < width * n; i++) {
        double here = factor.x[i % width];
        NOTE(worst, exp_excess(x.x[i] / here, from.x[i] - base.x[i % width], 0x1p-24, 0), "exp(%a - %a) * %a = %a",
             (double)from.x[i], (double)base.x[i % width], here, (double)x.x[i]);
    }
    free_rows((struct row *[]){&x, &from, &base, &factor}, 4, worst);
}

static void test_exp(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {73};
    for (int64_t width = table->kernels->lanes->unit; width <= table->kernels->lanes->most_width;
         width += table->kernels->lanes->unit)
        for (int64_t n = 0; n <= MOST_COUNT; n++) check_exp(table, width, n, n % 2 ? AT_END : AT_START, &rng, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_softmax, exponentials_alone) {
    for_each_table(test_exp);
}
