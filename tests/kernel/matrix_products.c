/* The products of the matrix kernels against sums in double precision over the same bf16 operands, which end right in
 * front of guard pages or begin right behind them.
 * SPDX-License-Identifier: MIT */
#include "kernel/bf16.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

/* Part p holds numbers 2^-9 of those of the part before. `special`: some are not finite; else some are so small that
 * they may count as 0. */
static struct bf16_row operand(int64_t part, int64_t parts, int64_t side, int special, struct rng *rng) {
    struct bf16_row b = bf16_make(part * parts, side);
    for (int64_t i = 0; i < part * parts; i++) {
        double value = rng_normal(rng) * (i < part ? 1 : 0x1p-9);
        if (special && rng_chance(rng, .003)) value = (double[]){NAN, INFINITY, -INFINITY}[rng_below(rng, 3)];
        if (!special && rng_chance(rng, .05)) value *= 0x1p-130;
        b.x[i] = half_nearest(value, SA_BF16);
    }
    return b;
}

/* One operand's elements along the summed axis. */
struct line {
    const uint16_t *x;
    int64_t step, part;
};

/* Sum over k < n of a[k] b[k], where `paired` elements of b follow each other two by two; and what a sum in float may
 * be off. */
static double exact_sum(struct line a, struct line b, int64_t n, int64_t parts, double *bound) {
    double sum = 0, magnitude = 0;
    for (int64_t k = 0; k < n; k++)
        for (int64_t p = 0; p < parts; p++)
            for (int64_t q = 0; p + q < parts; q++) {
                double term = bf16_at(a.x, p * a.part + k * a.step) * bf16_at(b.x, q * b.part + k / 2 * b.step + k % 2);
                sum += term;
                magnitude += fabs(term);
            }
    *bound = (double)(3 * n + 2) * (magnitude * 0x1p-24 + 0x1p-100);
    return sum;
}

struct shape {
    int64_t width, parts, count, size, gap, side; /* size: depth of scores, Dv of weigh */
    int64_t rows;                                 /* of weigh few */
    int special;
};

#define SHAPE_TEXT "width %lld, %lld parts, count %lld, size %lld, gap %lld, element %lld: %g, want %g"
#define SHAPE_VALUES(s)                                                                                                \
    (long long)(s)->width, (long long)(s)->parts, (long long)(s)->count, (long long)(s)->size, (long long)(s)->gap

static int64_t up(int64_t n) {
    return (n + MATRIX_UNIT - 1) / MATRIX_UNIT * MATRIX_UNIT;
}

static int same_bits(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_scores(const struct kernels *k, const struct shape *s, struct rng *rng, struct worst *worst) {
    int64_t depth = s->size, width = s->width, padded = up(s->count), ld = depth + s->gap,
            key_part = padded * ld + s->gap;
    struct bf16_row query = operand(depth * width, s->parts, s->side, s->special, rng);
    struct bf16_row keys = operand(key_part, s->parts, s->side, s->special, rng);
    struct row scores = row_make(padded * width, s->side), all = row_make(padded * width, s->side);
    int64_t rows = width == 16 ? s->rows : width - s->rows;
    k->matrix->scores(scores.x, width, query.x, depth, keys.x, ld, key_part, s->count, s->parts, rows);
    k->matrix->scores(all.x, width, query.x, depth, keys.x, ld, key_part, s->count, s->parts, width);
    for (int64_t i = 0; i < s->count * width; i++) {
        if (i % width >= rows) continue;
        NOTE(worst, same_bits(scores.x[i], all.x[i]) ? 0 : INFINITY, "scores of %lld rows, " SHAPE_TEXT,
             (long long)rows, SHAPE_VALUES(s), (long long)i, (double)scores.x[i], (double)all.x[i]);
        const struct line a = {keys.x + i / width * ld, 1, key_part},
                          b = {query.x + i % width * 2, 2 * width, depth * width};
        double bound, exact = exact_sum(a, b, depth, s->parts, &bound);
        NOTE(worst, excess(scores.x[i], exact, bound), "scores, " SHAPE_TEXT, SHAPE_VALUES(s), (long long)i,
             (double)scores.x[i], exact);
        NOTE(worst, same_bits(scores.x[i], matrix_score(scores.x[i])) ? 0 : INFINITY,
             "scores, a NaN that the softmax may lose, " SHAPE_TEXT, SHAPE_VALUES(s), (long long)i, (double)scores.x[i],
             exact);
    }
    NOTE(worst, row_is_alone(&scores) ? 0 : INFINITY, "a place outside of the scores, " SHAPE_TEXT, SHAPE_VALUES(s),
         0LL, 0., 0.);
    row_free(&query.row);
    row_free(&keys.row);
    row_free(&scores);
    row_free(&all);
}

/* Values by dimension as pairs of keys. */
static struct bf16_row as_pairs(const struct shape *s, const struct bf16_row *values, int64_t ld, int64_t part) {
    int64_t padded = up(s->count), dims = up(s->size);
    struct bf16_row pairs = bf16_make(padded * dims * s->parts, s->side);
    for (int64_t p = 0; p < s->parts; p++)
        for (int64_t j = 0; j < padded; j++)
            for (int64_t d = 0; d < dims; d++)
                pairs.x[p * padded * dims + (j / 2 * dims + d) * 2 + j % 2] = values->x[p * part + d * ld + j];
    return pairs;
}

static void check_weigh(const struct kernels *k, const struct shape *s, struct rng *rng, struct worst *worst) {
    int64_t Dv = s->size, width = s->width, padded = up(s->count), ld = padded + s->gap,
            weight_part = padded * width + s->gap, value_part = up(Dv) * ld;
    struct bf16_row weights = operand(weight_part, s->parts, s->side, s->special, rng);
    struct bf16_row values = operand(value_part, s->parts, s->side, s->special, rng);
    struct row sums = row_random(Dv * width, s->side, rng, NULL, 0), before = row_make(Dv * width, s->side),
               shrink = row_random(width, s->side, rng, NULL, 0), spare = row_make(MATRIX_UNIT * width, s->side);
    for (int64_t i = s->count * width; i < padded * width; i++) /* as matrix_softmax leaves them */
        for (int64_t p = 0; p < s->parts; p++)
            weights.x[p * weight_part + ((i / width / 2 * width + i % width) * 2 + i / width % 2)] = 0;
    for (int64_t i = 0; i < value_part * s->parts; i++)
        if (i % ld >= s->count && i % ld < padded) values.x[i] = 0;
    memcpy(before.x, sums.x, (size_t)(Dv * width) * sizeof *sums.x);
    struct bf16_row pairs = as_pairs(s, &values, ld, value_part);
    if (k->matrix->value_columns)
        k->matrix->weigh(sums.x, width, Dv, shrink.x, weights.x, weight_part, s->count, values.x, ld, value_part,
                         s->parts, spare.x);
    else
        k->matrix->weigh(sums.x, width, Dv, shrink.x, weights.x, weight_part, s->count, pairs.x, up(Dv),
                         padded * up(Dv), s->parts, spare.x);
    for (int64_t i = 0; i < Dv * width; i++) {
        const struct line a = {values.x + i / width * ld, 1, value_part},
                          b = {weights.x + i % width * 2, 2 * width, weight_part};
        double bound, kept = (double)before.x[i] * shrink.x[i % width];
        double exact = kept + exact_sum(a, b, s->count, s->parts, &bound);
        NOTE(worst, excess(sums.x[i], exact, bound + fabs(kept) * 0x1p-22), "weigh, " SHAPE_TEXT, SHAPE_VALUES(s),
             (long long)i, (double)sums.x[i], exact);
    }
    NOTE(worst, row_is_alone(&sums) && row_is_alone(&spare) ? 0 : INFINITY, "a place outside of the sums, " SHAPE_TEXT,
         SHAPE_VALUES(s), 0LL, 0., 0.);
    struct row *all[] = {&weights.row, &values.row, &pairs.row, &sums, &before, &shrink, &spare};
    for (int i = 0; i < 7; i++) row_free(all[i]);
}

static void zero_behind(const struct shape *s, struct bf16_row *values, int64_t ld, int64_t part) {
    for (int64_t p = 0; p < s->parts; p++)
        for (int64_t j = s->count; j < up(s->count); j++)
            for (int64_t d = 0; d < ld; d++) values->x[p * part + (j / 2 * ld + d) * 2 + j % 2] = 0;
}

/* The first rows of matrix_weigh_few against matrix_weigh: bit by bit. */
static void check_few(const struct kernels *k, const struct shape *s, struct rng *rng, struct worst *worst) {
    enum { WIDTH = 16 };
    int64_t Dv = s->size, rows = s->rows, padded = up(s->count), ld = up(Dv) + s->gap, part = padded * ld + s->gap,
            turned_part = up(Dv) * padded, weight_part = padded * WIDTH + s->gap;
    struct bf16_row weights = operand(weight_part, s->parts, s->side, 0, rng);
    struct bf16_row values = operand(part, s->parts, s->side, 0, rng);
    struct bf16_row turned = bf16_make(turned_part * s->parts, s->side);
    struct row sums = row_random(rows * Dv, s->side, rng, NULL, 0), want = row_make(Dv * WIDTH, s->side),
               shrink = row_random(WIDTH, s->side, rng, NULL, 0), spare = row_make(MATRIX_UNIT * WIDTH, s->side),
               few_spare = row_make(WIDTH * (64 + s->parts * padded / 2), s->side);
    zero_behind(s, &weights, WIDTH, weight_part);
    zero_behind(s, &values, ld, part);
    for (int64_t i = 0; i < turned_part * s->parts; i++) {
        int64_t p = i / turned_part, d = i % turned_part / padded, j = i % padded;
        turned.x[i] = values.x[p * part + (j / 2 * ld + d) * 2 + j % 2];
    }
    for (int64_t i = 0; i < Dv * WIDTH; i++) want.x[i] = i % WIDTH < rows ? sums.x[i % WIDTH * Dv + i / WIDTH] : 0;
    if (k->matrix->value_columns)
        k->matrix->weigh(want.x, WIDTH, Dv, shrink.x, weights.x, weight_part, s->count, turned.x, padded, turned_part,
                         s->parts, spare.x);
    else
        k->matrix->weigh(want.x, WIDTH, Dv, shrink.x, weights.x, weight_part, s->count, values.x, ld, part, s->parts,
                         spare.x);
    k->matrix->weigh_few(sums.x, rows, Dv, shrink.x, weights.x, weight_part, s->count, values.x, ld, part, s->parts,
                         few_spare.x);
    for (int64_t i = 0; i < rows * Dv; i++) {
        float exact = want.x[i % Dv * WIDTH + i / Dv];
        NOTE(worst, same_bits(sums.x[i], exact) ? 0 : INFINITY, "weigh few, %lld rows, " SHAPE_TEXT, (long long)rows,
             SHAPE_VALUES(s), (long long)i, (double)sums.x[i], (double)exact);
    }
    NOTE(worst, row_is_alone(&sums) && row_is_alone(&few_spare) ? 0 : INFINITY,
         "a place outside of the sums of few, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0., 0.);
    struct row *all[] = {&weights.row, &values.row, &turned.row, &sums, &want, &shrink, &spare, &few_spare};
    for (int i = 0; i < 8; i++) row_free(all[i]);
}

static void for_each_shape(const struct table *table, const int64_t *sizes, int sizes_count,
                           void (*check)(const struct kernels *, const struct shape *, struct rng *, struct worst *)) {
    static const int64_t counts[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 65};
    struct worst worst = {0};
    struct rng rng = {101};
    struct shape s;
    table->kernels->matrix->begin();
    for (s.width = 16; s.width <= 32; s.width += 16)
        for (s.parts = 1; s.parts <= table->kernels->matrix->most_parts; s.parts++)
            for (int c = 0; c < 11; c++)
                for (int i = 0; i < sizes_count; i++) {
                    s.count = counts[c], s.size = sizes[i];
                    s.gap = i % 2 * MATRIX_UNIT;
                    s.special = c % 3 == 2;
                    s.side = c % 2 ? AT_END : AT_START;
                    s.rows = (c + i * 3) % 17;
                    check(table->kernels, &s, &rng, &worst);
                }
    table->kernels->matrix->end();
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

static void test_scores(const struct table *table) {
    static const int64_t depths[] = {32, 64, 96, 160};
    for_each_shape(table, depths, 4, check_scores);
}

Test(matrix_products, scores) {
    for_each_matrix_table(test_scores);
}

static void test_weigh(const struct table *table) {
    static const int64_t dims[] = {1, 5, 16, 31, 32, 33, 64, 67};
    for_each_shape(table, dims, 8, check_weigh);
}

Test(matrix_products, weighted_values) {
    for_each_matrix_table(test_weigh);
}

static void test_few(const struct table *table) {
    static const int64_t dims[] = {1, 5, 16, 31, 32, 33, 64, 67, 128, 130};
    for_each_shape(table, dims, 10, check_few);
}

Test(matrix_products, weighted_values_of_few_rows) {
    for_each_matrix_table(test_few);
}
