/* Lane kernels that only move, scale or hide: bit for bit what plain C does.
 * SPDX-License-Identifier: MIT */
#include "base/dropout.h"
#include "kernel/tables.h"
#include "selfattn.h"
#include "support/half.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COUNT = 67, MOST_DIMS = 67 };

static const float specials[] = {INFINITY, -INFINITY, NAN, FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MIN, FLT_MAX, 0, -0.0f};
enum { SPECIALS = sizeof specials / sizeof specials[0] };

/* A case: `width` lanes, `rows` of which are queries, of n elements each. */
struct shape {
    int64_t width, rows, n, stride, side;
};

/* Calls check(), which says how many elements are wrong, for every number of rows and, now and then, of elements. */
static void for_each_shape(const struct table *table,
                           int64_t (*check)(const struct kernels *, const struct shape *, struct rng *)) {
    struct worst worst = {0};
    struct rng rng = {79};
    struct shape s;
    for (s.width = table->kernels->lanes->unit; s.width <= table->kernels->lanes->most_width;
         s.width += table->kernels->lanes->unit)
        for (s.rows = 0; s.rows <= s.width; s.rows++)
            for (s.n = 0; s.n <= MOST_DIMS; s.n += 1 + s.rows % 3) {
                const int64_t strides[] = {s.n, s.n + 5, 0, -s.n - 1};
                s.stride = strides[(s.rows + s.n) % 4];
                s.side = s.n % 2 ? AT_END : AT_START;
                NOTE(&worst, check(table->kernels, &s, &rng) ? INFINITY : 0,
                     "%lld rows of %lld, stride %lld, width %lld", (long long)s.rows, (long long)s.n,
                     (long long)s.stride, (long long)s.width);
            }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

/* Floats from the first to the last of the rows. */
static int64_t span(const struct shape *s, int64_t stride) {
    return s->rows && s->n ? (s->rows - 1) * llabs(stride) + s->n : 0;
}

/* Rows that lie forwards, backwards or all in one place. */
static int64_t check_pack(const struct kernels *k, const struct shape *s, struct rng *rng) {
    struct row in = row_random(span(s, s->stride), s->side, rng, specials, SPECIALS),
               out = row_make(s->n * s->width, s->side);
    const float *first = in.n && s->stride < 0 ? in.x - (s->rows - 1) * s->stride : in.x;
    float scale = s->n % 3 ? 0.125f : -0.3f;
    int64_t wrong = 0;
    k->lanes->pack(out.x, s->width, first, s->stride, s->rows, s->n, scale);
    for (int64_t i = 0; i < out.n; i++) {
        int64_t d = i / s->width, w = i % s->width;
        wrong += w < s->rows ? !same(out.x[i], first[w * s->stride + d] * scale) : out.x[i] != 0;
    }
    wrong += !row_is_alone(&out);
    row_free(&in);
    row_free(&out);
    return wrong;
}

static void test_pack(const struct table *table) {
    for_each_shape(table, check_pack);
}

Test(lane_exact, packing) {
    for_each_table(test_pack);
}

/* With a bias and without. Without one no -0 comes out, also where the product underflows; nothing is written between
 * the rows. */
static int64_t check_unpack(const struct kernels *k, const struct shape *s, struct rng *rng) {
    int64_t stride = s->stride > s->n ? s->stride : s->n, wrong = 0;
    struct row in = row_random(s->n * s->width, s->side, rng, specials, SPECIALS),
               out = row_make(span(s, stride), s->side),
               factor = row_random(s->width, s->side, rng, specials, SPECIALS),
               bias = row_random(s->n, s->side, rng, specials, SPECIALS);
    for (int biased = 0; biased < 2; biased++) {
        for (int64_t i = 0; i < out.n; i++) out.x[i] = -7;
        k->lanes->unpack(out.x, stride, in.x, s->width, s->rows, s->n, factor.x, biased ? bias.x : NULL);
        for (int64_t i = 0; i < out.n; i++) {
            int64_t w = i / stride, d = i % stride;
            float product = d < s->n ? in.x[d * s->width + w] * factor.x[w] : 0;
            wrong += !same(out.x[i], d < s->n ? product + (biased ? bias.x[d] : 0.0f) : -7);
        }
        wrong += !row_is_alone(&out);
    }
    row_free(&in);
    row_free(&out);
    row_free(&factor);
    row_free(&bias);
    return wrong;
}

static void test_unpack(const struct table *table) {
    for_each_shape(table, check_unpack);
}

Test(lane_exact, unpacking) {
    for_each_table(test_unpack);
}

/* The same numbers rounded: what lies between the rows, and around the array, stays. */
static int64_t check_unpack_half(const struct kernels *k, const struct shape *s, struct rng *rng) {
    int64_t stride = s->stride > s->n ? s->stride : s->n, n = span(s, stride), wrong = 0;
    int32_t dtype = rng_chance(rng, .5) ? SA_BF16 : SA_F16;
    struct row in = row_random(s->n * s->width, s->side, rng, specials, SPECIALS), out = row_make((n + 1) / 2, s->side),
               factor = row_random(s->width, s->side, rng, specials, SPECIALS);
    uint16_t *halves = (uint16_t *)(void *)out.x + (s->side == AT_END ? n % 2 : 0);
    for (int64_t i = 0; i < n; i++) halves[i] = 7;
    k->lanes->unpack_half(halves, dtype, stride, in.x, s->width, s->rows, s->n, factor.x);
    for (int64_t i = 0; i < n; i++) {
        int64_t w = i / stride, d = i % stride;
        float x = d < s->n ? in.x[d * s->width + w] * factor.x[w] + 0.0f : 0;
        uint16_t want = d < s->n ? half_nearest((double)x, dtype) : 7;
        wrong += !(halves[i] == want || (isnan(x) && isnan(half_value(halves[i], dtype))));
    }
    wrong += !row_is_alone(&out);
    row_free(&in);
    row_free(&out);
    row_free(&factor);
    return wrong;
}

static void test_unpack_half(const struct table *table) {
    for_each_shape(table, check_unpack_half);
}

Test(lane_exact, unpacking_to_halves) {
    for_each_table(test_unpack_half);
}

/* Columns that begin and end anywhere, also before the first row and behind the last, and those that have no row. */
static int64_t check_hide(const struct kernels *k, int64_t width, int64_t count, int64_t side, struct rng *rng) {
    struct row scores = row_random(width * count, side, rng, specials, SPECIALS), got = row_make(width * count, side),
               first = row_make(width, side), last = row_make(width, side);
    int64_t wrong = 0;
    memcpy(got.x, scores.x, (size_t)(width * count) * sizeof *got.x);
    for (int64_t w = 0; w < width; w++) {
        first.x[w] = (float)(rng_below(rng, count + 4) - 2);
        last.x[w] = (float)(rng_below(rng, count + 4) - 2);
    }
    k->lanes->hide(got.x, width, count, first.x, last.x);
    for (int64_t i = 0; i < width * count; i++) {
        int64_t key = i / width;
        float j = (float)key;
        int shown = j >= first.x[i % width] && j < last.x[i % width];
        wrong += !same(got.x[i], shown ? scores.x[i] : -INFINITY);
    }
    wrong += !row_is_alone(&got);
    struct row *all[] = {&scores, &got, &first, &last};
    for (int i = 0; i < 4; i++) row_free(all[i]);
    return wrong;
}

static void test_hide(const struct table *table) {
    int64_t wrong = 0;
    struct rng rng = {83};
    for (int64_t width = table->kernels->lanes->unit; width <= table->kernels->lanes->most_width;
         width += table->kernels->lanes->unit)
        for (int64_t count = 0; count <= MOST_COUNT; count++)
            wrong += check_hide(table->kernels, width, count, count % 2 ? AT_END : AT_START, &rng);
    EXPECT(wrong == 0, "%s: %lld scores are hidden or shown wrongly", table->name, (long long)wrong);
}

Test(lane_exact, hiding) {
    for_each_table(test_hide);
}

/* Weights of 0, tiny ones and NaN beside gradients of every kind: a product of three numbers, rounded twice. */
static int64_t check_softmax_gradient(const struct kernels *k, int64_t width, int64_t count, int64_t side,
                                      struct rng *rng) {
    struct row before = row_random(width * count, side, rng, specials, SPECIALS), got = row_make(width * count, side),
               weights = row_random(width * count, side, rng, specials, SPECIALS),
               mean = row_random(width, side, rng, specials, SPECIALS);
    int64_t wrong = 0;
    memcpy(got.x, before.x, (size_t)(width * count) * sizeof *got.x);
    k->lanes->softmax_gradient(got.x, width, count, weights.x, mean.x);
    for (int64_t i = 0; i < width * count; i++) {
        float difference = before.x[i] - mean.x[i % width], product = difference * weights.x[i];
        wrong += !same(got.x[i], weights.x[i] < FLT_MIN ? 0 : product);
    }
    wrong += !row_is_alone(&got);
    struct row *all[] = {&before, &got, &weights, &mean};
    for (int i = 0; i < 4; i++) row_free(all[i]);
    return wrong;
}

static void test_softmax_gradient(const struct table *table) {
    int64_t wrong = 0;
    struct rng rng = {89};
    for (int64_t width = table->kernels->lanes->unit; width <= table->kernels->lanes->most_width;
         width += table->kernels->lanes->unit)
        for (int64_t count = 0; count <= MOST_COUNT; count++)
            wrong += check_softmax_gradient(table->kernels, width, count, count % 2 ? AT_END : AT_START, &rng);
    EXPECT(wrong == 0, "%s: %lld gradients are wrong", table->name, (long long)wrong);
}

Test(lane_exact, gradients_of_the_softmax) {
    for_each_table(test_softmax_gradient);
}

/* Rows of any heads and queries, from any key on, beside NaN and infinities. */
static int64_t check_dropout(const struct kernels *k, int64_t width, int64_t count, int64_t side, struct rng *rng) {
    const struct dropout d = dropout_of(rng_unit(rng), rng_next(rng));
    const int64_t key = rng_below(rng, 1000), sequence = rng_below(rng, 5);
    struct row x = row_random(count * width, side, rng, specials, SPECIALS), got = row_make(count * width, side);
    uint32_t query[64], head[64];
    int64_t wrong = 0;
    cr_assert(width <= 64);
    for (int64_t w = 0; w < width; w++) query[w] = (uint32_t)rng_next(rng), head[w] = (uint32_t)rng_below(rng, 12);
    memcpy(got.x, x.x, (size_t)x.n * sizeof *x.x);
    k->lanes->dropout(got.x, width, count, &d, query, head, (uint32_t)sequence, key);
    for (int64_t i = 0; i < x.n; i++) {
        const int64_t j = i / width, w = i % width;
        const float factor = dropout_factor(&d, sequence, head[w], query[w], key + j);
        wrong += !same(got.x[i], factor == 0 ? 0 : x.x[i] * factor);
    }
    wrong += !row_is_alone(&got);
    row_free(&x);
    row_free(&got);
    return wrong;
}

static void test_dropout(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {83};
    const struct lane_kernels *lanes = table->kernels->lanes;
    for (int64_t width = lanes->unit; width <= lanes->most_width; width += lanes->unit)
        for (int64_t count = 0; count <= MOST_COUNT; count++) {
            int64_t wrong = check_dropout(table->kernels, width, count, count % 2 ? AT_END : AT_START, &rng);
            NOTE(&worst, wrong ? INFINITY : 0, "width %lld, %lld keys", (long long)width, (long long)count);
        }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_exact, dropout) {
    for_each_table(test_dropout);
}
