/* Numbers as sums of bf16 in the layouts that the matrix kernels read: in their places, within the stated distance,
 * zeros around them.
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

/* rows x n numbers with a stride, in `padded` by `width` places. */
struct shape {
    int64_t rows, n, stride, padded, width, parts, side;
    int32_t dtype;
    float scale;
};

/* The error of the parts of x, `step` elements apart, as a multiple of what kernel.h allows. */
static double parts_excess(const uint16_t *out, int64_t step, const struct shape *s, float x) {
    double sum = bf16_at(out, 0), bound = fabs((double)x) * (s->parts == 1 ? 0x1p-8 : 0x1p-17) + FLT_MIN;
    if (!isfinite(x)) {
        int open_ended = s->parts == 1 || isnan(bf16_at(out, step));
        return open_ended ? excess(sum, x, 0) : INFINITY;
    }
    for (int64_t p = 1; p < s->parts; p++) sum += bf16_at(out, p * step);
    if (s->dtype == SA_BF16 && s->scale == 1) bound = fabs((double)x) < FLT_MIN ? FLT_MIN : 0;
    return excess(sum, x, bound);
}

static int64_t up(int64_t n) {
    return (n + MATRIX_UNIT - 1) / MATRIX_UNIT * MATRIX_UNIT;
}

/* Numbers of the shape's type between guard pages, and their first; an odd number of halves leaves one place between
 * them and a page. */
struct numbers {
    struct row row;
    const char *first;
};

static struct numbers input(const struct shape *s, struct rng *rng) {
    int64_t span = s->rows && s->n ? (s->rows - 1) * llabs(s->stride) + s->n : 0, size = s->dtype == SA_F32 ? 4 : 2;
    struct numbers in = {row_random((span * size + 3) / 4, s->side, rng, specials, SPECIALS), NULL};
    uint16_t *halves = (uint16_t *)(void *)in.row.x + (s->side == AT_END && size == 2 ? span % 2 : 0);
    if (size == 2)
        for (int64_t i = 0; i < span; i++)
            halves[i] =
                half_nearest(rng_chance(rng, .1) ? specials[rng_below(rng, SPECIALS)] : rng_normal(rng), s->dtype);
    in.first = (const char *)halves + (span && s->stride < 0 ? -(s->rows - 1) * s->stride * size : 0);
    return in;
}

/* Row r and column d, times scale. */
static float number(const struct shape *s, const struct numbers *in, int64_t r, int64_t d) {
    if (r >= s->rows || d >= s->n) return 0;
    int64_t at = r * s->stride + d;
    float x = s->dtype == SA_F32 ? ((const float *)(const void *)in->first)[at]
                                 : (float)half_value(((const uint16_t *)(const void *)in->first)[at], s->dtype);
    return x * s->scale;
}

/* Where row r and column d are to stand. */
enum layout { ROWS, COLUMNS, PAIRS, QUERIES };
static int64_t place(const struct shape *s, enum layout layout, int64_t r, int64_t d) {
    switch (layout) {
    case ROWS:
        return r * s->width + d;
    case COLUMNS:
        return d * s->width + r;
    case PAIRS:
        return (r / 2 * s->width + d) * 2 + r % 2;
    default:
        return (d / 2 * s->width + r) * 2 + d % 2;
    }
}

static void pack(const struct kernels *k, const struct shape *s, enum layout layout, const void *in, uint16_t *out) {
    switch (layout) {
    case ROWS:
        k->matrix->pack_rows(out, s->padded, s->width, s->parts, in, s->dtype, s->stride, s->rows, s->n);
        break;
    case COLUMNS:
        k->matrix->pack_columns(out, s->padded, s->width, s->parts, in, s->dtype, s->stride, s->rows, s->n);
        break;
    case PAIRS:
        k->matrix->pack_pairs(out, s->padded, s->width, s->parts, in, s->dtype, s->stride, s->rows, s->n);
        break;
    default:
        k->matrix->pack_queries(out, s->width, s->padded, s->parts, in, s->dtype, s->stride, s->rows, s->n, s->scale);
    }
}

#define SHAPE_TEXT "type %d, %lld x %lld, stride %lld, padded %lld, width %lld, %lld parts, at %lld, %lld: %a"
#define SHAPE_VALUES(s)                                                                                                \
    (int)(s)->dtype, (long long)(s)->rows, (long long)(s)->n, (long long)(s)->stride, (long long)(s)->padded,          \
        (long long)(s)->width, (long long)(s)->parts

static void check(const struct kernels *k, const struct shape *s, enum layout layout, struct rng *rng,
                  struct worst *worst) {
    int64_t size = s->padded * s->width, turned = layout == COLUMNS || layout == QUERIES;
    struct numbers in = input(s, rng);
    struct bf16_row out = bf16_make(s->parts * size, s->side);
    pack(k, s, layout, in.first, out.x);
    for (int64_t i = 0; i < size; i++) {
        int64_t r = turned ? i % s->width : i / s->width, d = turned ? i / s->width : i % s->width;
        float x = number(s, &in, r, d);
        NOTE(worst, parts_excess(out.x + place(s, layout, r, d), size, s, x), SHAPE_TEXT, SHAPE_VALUES(s), (long long)r,
             (long long)d, (double)x);
    }
    NOTE(worst, row_is_alone(&out.row) ? 0 : INFINITY, "a place outside, " SHAPE_TEXT, SHAPE_VALUES(s), 0LL, 0LL, 0.);
    row_free(&in.row);
    row_free(&out.row);
}

/* The sizes around the numbers, in the layout's own order. */
static void set_sizes(struct shape *s, enum layout layout) {
    int64_t more = s->rows % 3 ? 0 : MATRIX_UNIT;
    switch (layout) {
    case ROWS:
        s->padded = s->rows % 2 ? up(s->rows) : s->rows, s->width = up(s->n) + more;
        break;
    case COLUMNS:
        s->padded = up(s->n) + more, s->width = up(s->rows);
        break;
    case PAIRS:
        s->padded = up(s->rows), s->width = s->n % 4 ? up(s->n) + more : (s->n + 15) / 16 * 16;
        break;
    default:
        s->padded = up(s->n) + more, s->width = s->rows > 16 || s->n % 2 ? 32 : 16;
    }
}

static void test_layout(const struct table *table, enum layout layout) {
    static const int32_t dtypes[] = {SA_F32, SA_BF16, SA_F16};
    int64_t most_rows = layout == QUERIES ? 32 : MOST;
    struct worst worst = {0};
    struct rng rng = {89 + layout};
    struct shape s = {.scale = layout == QUERIES ? .125f : 1};
    for (int t = 0; t < 3; t++)
        for (s.rows = 0; s.rows <= most_rows; s.rows++)
            for (s.n = s.rows % 3; s.n <= MOST; s.n += 3)
                for (s.parts = 1; s.parts <= 2; s.parts++) {
                    const int64_t strides[] = {s.n, s.n + 5, 0, -s.n - 1};
                    s.dtype = dtypes[t];
                    s.stride = strides[(s.rows + s.n / 3) % 4];
                    s.side = s.n % 2 ? AT_END : AT_START;
                    set_sizes(&s, layout);
                    check(table->kernels, &s, layout, &rng, &worst);
                }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

static void test_rows(const struct table *table) {
    test_layout(table, ROWS);
}

Test(matrix_packing, rows) {
    for_each_matrix_table(test_rows);
}

static void test_columns(const struct table *table) {
    test_layout(table, COLUMNS);
}

Test(matrix_packing, columns) {
    for_each_matrix_table(test_columns);
}

static void test_pairs(const struct table *table) {
    test_layout(table, PAIRS);
}

Test(matrix_packing, pairs) {
    for_each_matrix_table(test_pairs);
}

static void test_queries(const struct table *table) {
    test_layout(table, QUERIES);
}

Test(matrix_packing, queries) {
    for_each_matrix_table(test_queries);
}
