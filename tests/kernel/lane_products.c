/* The products of the lane kernels against sums in double precision: every number of registers, of rows around the
 * block that is held in registers, and of terms; rows with gaps; every array right in front of a guard page, then right
 * behind one.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

static const float specials[] = {INFINITY, -INFINITY, NAN, FLT_TRUE_MIN, -FLT_MIN / 3, 1e18f, -1e18f, 0, -0.0f};
enum { SPECIALS = sizeof specials / sizeof specials[0], MOST_COUNT = 19, MOST_TERMS = 72 };

/* Sum over k < n of a[k * step] * b[k * width], and how far a sum in float may be off: a unit of the last place per
 * term, and what underflows. */
static double exact_sum(const float *a, int64_t step, const float *b, int64_t width, int64_t n, double *bound) {
    double sum = 0, magnitude = 0;
    for (int64_t k = 0; k < n; k++) {
        double term = (double)a[k * step] * b[k * width];
        sum += term;
        magnitude += fabs(term);
    }
    *bound = (double)(n + 2) * (magnitude * 0x1p-24 + 0x1p-149);
    return sum;
}

/* A case: count rows of n terms (lane_scores, lane_accumulate), or n rows of count columns (lane_weigh). */
struct shape {
    int64_t width, n, chain, count, gap, side;
    int special;
};

static struct row operand(int64_t floats, const struct shape *s, struct rng *rng) {
    return row_random(floats, s->side, rng, specials, s->special ? SPECIALS : 0);
}

static int64_t matrix_size(int64_t rows, int64_t columns, int64_t ld) {
    return rows && columns ? (rows - 1) * ld + columns : 0;
}

#define SHAPE_TEXT "width %lld, %lld terms, count %lld, gap %lld, side %lld, %d, element %lld: %g, want %g"
#define SHAPE_VALUES(s)                                                                                                \
    (long long)(s)->width, (long long)(s)->n, (long long)(s)->count, (long long)(s)->gap, (long long)(s)->side,        \
        (s)->special

static void check_scores(const struct table *table, const struct shape *s, struct rng *rng, struct worst *worst) {
    int64_t ld = s->n + s->gap, size = s->count * s->width;
    struct row query = operand(s->n * s->width, s, rng), keys = operand(matrix_size(s->count, s->n, ld), s, rng);
    struct row scores = row_make(size, s->side);
    table->kernels->lanes->scores(scores.x, s->width, query.x, s->n, s->chain, keys.x, ld, s->count);
    for (int64_t i = 0; i < size; i++) {
        double bound, exact = exact_sum(keys.x + i / s->width * ld, 1, query.x + i % s->width, s->width, s->n, &bound);
        NOTE(worst, excess(scores.x[i], exact, bound), "scores, " SHAPE_TEXT, SHAPE_VALUES(s), (long long)i,
             (double)scores.x[i], exact);
    }
    if (!row_is_alone(&scores))
        NOTE(worst, INFINITY, "a place outside of the scores, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0., 0.);
    struct row *all[] = {&query, &keys, &scores};
    for (int i = 0; i < 3; i++) row_free(all[i]);
}

/* Rows of sums have gaps, which stay as they are. */
static void check_accumulate(const struct table *table, const struct shape *s, struct rng *rng, struct worst *worst) {
    int64_t ld = s->n + s->gap, ld_sums = s->width + s->gap, size = matrix_size(s->count, s->width, ld_sums);
    struct row x = operand(s->n * s->width, s, rng), rows = operand(matrix_size(s->count, s->n, ld), s, rng);
    struct row sums = operand(size, s, rng), before = row_make(size, s->side);
    const struct coming beyond = {(uintptr_t)rows.x + 1, (int64_t)1 << 40, 1 << 20};
    memcpy(before.x, sums.x, (size_t)size * sizeof *sums.x);
    table->kernels->lanes->accumulate(sums.x, ld_sums, s->width, x.x, s->n, rows.x, ld, s->count, &beyond);
    for (int64_t i = 0; i < size; i++) {
        int64_t w = i % ld_sums, is_gap = w >= s->width;
        double bound = 0, sum = is_gap ? 0 : exact_sum(rows.x + i / ld_sums * ld, 1, x.x + w, s->width, s->n, &bound);
        double more = before.x[i] + sum, more_bound = is_gap ? 0 : bound + fabs((double)before.x[i]) * 0x1p-23;
        NOTE(worst, excess(sums.x[i], more, more_bound), "accumulate, " SHAPE_TEXT, SHAPE_VALUES(s), (long long)i,
             (double)sums.x[i], more);
    }
    if (!row_is_alone(&sums))
        NOTE(worst, INFINITY, "a place outside of the sums, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0., 0.);
    struct row *all[] = {&x, &rows, &sums, &before};
    for (int i = 0; i < 4; i++) row_free(all[i]);
}

static void check_weigh(const struct table *table, const struct shape *s, struct rng *rng, struct worst *worst) {
    int64_t ld = s->count + s->gap, size = s->count * s->width;
    struct row weights = operand(s->n * s->width, s, rng), values = operand(matrix_size(s->n, s->count, ld), s, rng);
    struct row sums = operand(size, s, rng), before = row_make(size, s->side), shrink = operand(s->width, s, rng);
    memcpy(before.x, sums.x, (size_t)size * sizeof *sums.x);
    table->kernels->lanes->weigh(sums.x, s->width, s->count, shrink.x, weights.x, s->n, values.x, ld);
    for (int64_t i = 0; i < size; i++) {
        double bound, exact = exact_sum(values.x + i / s->width, ld, weights.x + i % s->width, s->width, s->n, &bound);
        double kept = (double)before.x[i] * shrink.x[i % s->width];
        exact += kept;
        bound += fabs(kept) * 0x1p-22;
        NOTE(worst, excess(sums.x[i], exact, bound), "weigh, " SHAPE_TEXT, SHAPE_VALUES(s), (long long)i,
             (double)sums.x[i], exact);
    }
    if (!row_is_alone(&sums))
        NOTE(worst, INFINITY, "a place outside of the sums, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0., 0.);
    struct row *all[] = {&weights, &values, &sums, &before, &shrink};
    for (int i = 0; i < 5; i++) row_free(all[i]);
}

/* Calls check for every shape. */
static void for_each_shape(const struct table *table,
                           void (*check)(const struct table *, const struct shape *, struct rng *, struct worst *)) {
    static const int64_t terms[] = {0, 1, 2, 3, 7, 8, 9, 31, 40, MOST_TERMS};
    struct worst worst = {0};
    struct rng rng = {53};
    struct shape s;
    for (s.width = table->kernels->lanes->unit; s.width <= table->kernels->lanes->most_width;
         s.width += table->kernels->lanes->unit)
        for (size_t n = 0; n < sizeof terms / sizeof terms[0]; n++)
            for (s.count = 0; s.count <= MOST_COUNT; s.count++)
                for (s.gap = 0; s.gap <= 3; s.gap += 3)
                    for (s.special = 0; s.special < 2; s.special++) {
                        s.side = (s.count + s.special) % 2 ? AT_END : AT_START;
                        s.n = terms[n];
                        s.chain = (s.count + s.special) % 3 ? CHAIN_UNIT : 2 * CHAIN_UNIT;
                        check(table, &s, &rng, &worst);
                    }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

static void test_scores(const struct table *table) {
    for_each_shape(table, check_scores);
}

Test(lane_products, scores) {
    for_each_table(test_scores);
}

static void test_accumulate(const struct table *table) {
    for_each_shape(table, check_accumulate);
}

Test(lane_products, sums_in_rows_with_gaps) {
    for_each_table(test_accumulate);
}

static void test_weigh(const struct table *table) {
    for_each_shape(table, check_weigh);
}

Test(lane_products, weighted_values) {
    for_each_table(test_weigh);
}

/* One register's columns out of [n][width]. */
static void take_columns(float *to, const float *from, int64_t n, int64_t width, int64_t first, int64_t lanes) {
    for (int64_t i = 0; i < n; i++) memcpy(to + i * lanes, from + i * width + first, (size_t)lanes * sizeof *to);
}

/* How many elements of the columns first .. first + lanes of `wide` have other bits than `narrow`. */
static int64_t differing(const float *narrow, const float *wide, int64_t n, int64_t width, int64_t first,
                         int64_t lanes) {
    int64_t count = 0;
    for (int64_t i = 0; i < n * lanes; i++) count += !same(narrow[i], wide[i / lanes * width + first + i % lanes]);
    return count;
}

enum { WIDEST = 48 };

/* A query alone has the bits that it has among others, which here hold NaN and infinities now and then. */
static void test_neighbours(const struct table *table) {
    static float x[MOST_TERMS * WIDEST], y[MOST_COUNT * WIDEST], sums[MOST_COUNT * WIDEST],
        narrow_x[MOST_TERMS * WIDEST], narrow[MOST_COUNT * WIDEST], shrink[WIDEST], keys[MOST_TERMS * MOST_TERMS];
    const struct kernels *k = table->kernels;
    int64_t width = k->lanes->most_width, lanes = k->lanes->unit, wrong = 0;
    struct rng rng = {59};
    for (int64_t i = 0; i < MOST_TERMS * MOST_TERMS; i++) keys[i] = rng_normal(&rng);
    for (int64_t i = 0; i < MOST_TERMS * width; i++)
        x[i] = rng_chance(&rng, .01) ? specials[rng_below(&rng, SPECIALS)] : rng_normal(&rng);
    for (int64_t i = 0; i < width; i++) shrink[i] = rng_normal(&rng);
    for (int64_t i = 0; i < MOST_COUNT * width; i++) sums[i] = rng_normal(&rng);
    for (int64_t count = 1; count <= MOST_COUNT; count++)
        for (int64_t first = 0; first < width; first += lanes) {
            take_columns(narrow_x, x, MOST_TERMS, width, first, lanes);
            k->lanes->scores(y, width, x, MOST_TERMS, CHAIN_UNIT, keys, MOST_TERMS, count);
            k->lanes->scores(narrow, lanes, narrow_x, MOST_TERMS, CHAIN_UNIT, keys, MOST_TERMS, count);
            wrong += differing(narrow, y, count, width, first, lanes);
            memcpy(y, sums, sizeof y);
            take_columns(narrow, sums, count, width, first, lanes);
            k->lanes->accumulate(y, width, width, x, MOST_TERMS, keys, MOST_TERMS, count, NULL);
            k->lanes->accumulate(narrow, lanes, lanes, narrow_x, MOST_TERMS, keys, MOST_TERMS, count, NULL);
            wrong += differing(narrow, y, count, width, first, lanes);
            memcpy(y, sums, sizeof y);
            take_columns(narrow, sums, count, width, first, lanes);
            k->lanes->weigh(y, width, count, shrink, x, MOST_TERMS, keys, MOST_TERMS);
            k->lanes->weigh(narrow, lanes, count, shrink + first, narrow_x, MOST_TERMS, keys, MOST_TERMS);
            wrong += differing(narrow, y, count, width, first, lanes);
        }
    EXPECT(wrong == 0, "%s: %lld elements have other bits among other queries", table->name, (long long)wrong);
}

Test(lane_products, do_not_depend_on_neighbours) {
    for_each_table(test_neighbours);
}
