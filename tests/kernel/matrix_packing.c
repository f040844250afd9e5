/* Floats as sums of bf16 in the layouts that the matrix kernels read: in their places, within the stated distance, zeros around them.
 * SPDX-License-Identifier: MIT */
#include "kernel/bf16.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>

enum { MOST = 67 };

/* 0x1.fefffep+127 is the largest float that does not round to infinity. */
static const float specials[] = {INFINITY, -INFINITY, NAN,    FLT_TRUE_MIN,     -FLT_MIN / 3,
                                 FLT_MIN,  0,         1e-37f, 0x1.fefffep+127f, -0x1.fefffep+127f};
enum { SPECIALS = sizeof specials / sizeof specials[0] };

/* The error of the parts of x, `step` elements apart, as a multiple of what kernel.h allows. */
static double parts_excess(const uint16_t *out, int64_t step, int64_t parts, float x) {
    double sum = bf16_at(out, 0), bound = fabs((double)x) * (parts == 1 ? 0x1p-8 : 0x1p-17) + FLT_MIN;
    if (!isfinite(x)) return excess(sum, x, 0);
    for (int64_t p = 1; p < parts; p++) sum += bf16_at(out, p * step);
    return excess(sum, x, bound);
}

/* rows x n numbers with a stride, in `padded` by `width` places. */
struct shape {
    int64_t rows, n, stride, padded, width, parts, side;
};

static int64_t up(int64_t n) {
    return (n + MATRIX_UNIT - 1) / MATRIX_UNIT * MATRIX_UNIT;
}

static struct row input(const struct shape *s, struct rng *rng, const float **first) {
    int64_t span = s->rows && s->n ? (s->rows - 1) * llabs(s->stride) + s->n : 0;
    struct row in = row_random(span, s->side, rng, specials, SPECIALS);
    *first = span && s->stride < 0 ? in.x - (s->rows - 1) * s->stride : in.x;
    return in;
}

#define SHAPE_TEXT "%lld x %lld, stride %lld, padded %lld, width %lld, %lld parts, at %lld, %lld: %a"
#define SHAPE_VALUES(s)                                                                                                \
    (long long)(s)->rows, (long long)(s)->n, (long long)(s)->stride, (long long)(s)->padded, (long long)(s)->width,    \
        (long long)(s)->parts

/* Row r and column d of the input stand at out[r][d] or, `turned`, out[d][r]. */
static void check_places(const struct shape *s, const uint16_t *out, const float *first, int turned,
                         struct worst *worst) {
    for (int64_t i = 0; i < s->padded * s->width; i++) {
        int64_t r = turned ? i % s->width : i / s->width, d = turned ? i / s->width : i % s->width;
        float x = r < s->rows && d < s->n ? first[r * s->stride + d] : 0;
        NOTE(worst, parts_excess(out + i, s->padded * s->width, s->parts, x), SHAPE_TEXT, SHAPE_VALUES(s), (long long)r,
             (long long)d, (double)x);
    }
}

static void check_rows(const struct kernels *k, const struct shape *shape, struct rng *rng, struct worst *worst) {
    struct shape s = *shape;
    const float *first;
    struct row in = input(&s, rng, &first);
    s.padded = s.rows % 2 ? up(s.rows) : s.rows;
    s.width = up(s.n) + (s.rows % 3 ? 0 : MATRIX_UNIT);
    struct bf16_row out = bf16_make(s.parts * s.padded * s.width, s.side);
    k->matrix_pack_rows(out.x, s.padded, s.width, s.parts, first, s.stride, s.rows, s.n);
    check_places(&s, out.x, first, 0, worst);
    NOTE(worst, row_is_alone(&out.row) ? 0 : INFINITY, "a place outside, " SHAPE_TEXT, SHAPE_VALUES(&s), 0LL, 0LL, 0.);
    row_free(&in);
    row_free(&out.row);
}

static void check_columns(const struct kernels *k, const struct shape *shape, struct rng *rng, struct worst *worst) {
    struct shape s = *shape;
    const float *first;
    struct row in = input(&s, rng, &first);
    s.padded = up(s.n) + (s.rows % 3 ? 0 : MATRIX_UNIT);
    s.width = up(s.rows);
    struct bf16_row out = bf16_make(s.parts * s.padded * s.width, s.side);
    k->matrix_pack_columns(out.x, s.padded, s.width, s.parts, first, s.stride, s.rows, s.n);
    check_places(&s, out.x, first, 1, worst);
    NOTE(worst, row_is_alone(&out.row) ? 0 : INFINITY, "a place outside, " SHAPE_TEXT, SHAPE_VALUES(&s), 0LL, 0LL, 0.);
    row_free(&in);
    row_free(&out.row);
}

static void for_each_shape(const struct table *table,
                           void (*check)(const struct kernels *, const struct shape *, struct rng *, struct worst *)) {
    struct worst worst = {0};
    struct rng rng = {89};
    struct shape s = {0};
    for (s.rows = 0; s.rows <= MOST; s.rows++)
        for (s.n = s.rows % 3; s.n <= MOST; s.n += 3)
            for (s.parts = 1; s.parts <= 2; s.parts++) {
                const int64_t strides[] = {s.n, s.n + 5, 0, -s.n - 1};
                s.stride = strides[(s.rows + s.n / 3) % 4];
                s.side = s.n % 2 ? AT_END : AT_START;
                check(table->kernels, &s, &rng, &worst);
            }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

static void test_rows(const struct table *table) {
    for_each_shape(table, check_rows);
}

Test(matrix_packing, rows) {
    for_each_matrix_table(test_rows);
}

static void test_columns(const struct table *table) {
    for_each_shape(table, check_columns);
}

Test(matrix_packing, columns) {
    for_each_matrix_table(test_columns);
}

/* Two rows of [n][width] are interleaved. */
static void check_pairs(const struct kernels *k, const struct shape *s, struct rng *rng, struct worst *worst) {
    struct row in = row_random(s->n * s->width, s->side, rng, specials, SPECIALS);
    struct bf16_row out = bf16_make(s->parts * s->padded * s->width, s->side);
    k->matrix_pack_pairs(out.x, s->width, s->padded, s->parts, in.x, s->n);
    for (int64_t i = 0; i < s->padded * s->width; i++) {
        int64_t d = i / s->width, w = i % s->width, at = (d / 2 * s->width + w) * 2 + d % 2;
        float x = d < s->n ? in.x[i] : 0;
        NOTE(worst, parts_excess(out.x + at, s->padded * s->width, s->parts, x), SHAPE_TEXT, SHAPE_VALUES(s),
             (long long)d, (long long)w, (double)x);
    }
    NOTE(worst, row_is_alone(&out.row) ? 0 : INFINITY, "a place outside, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0LL, 0.);
    row_free(&in);
    row_free(&out.row);
}

static void test_pairs(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {97};
    struct shape s = {0};
    for (s.width = 16; s.width <= 32; s.width += 16)
        for (s.n = 0; s.n <= MOST; s.n++)
            for (s.parts = 1; s.parts <= 2; s.parts++) {
                s.padded = up(s.n) + (s.n % 3 ? 0 : MATRIX_UNIT);
                s.side = s.n % 2 ? AT_END : AT_START;
                check_pairs(table->kernels, &s, &rng, &worst);
            }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(matrix_packing, pairs) {
    for_each_matrix_table(test_pairs);
}
