/* The products for few rows have the bits of the lane kernels: every number of rows, type, tail and gap; every array
 * right in front of a guard page, then right behind one.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "selfattn.h"
#include "support/half.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MOST_D = 72, MOST_LANES = 16 };
static const float specials[] = {INFINITY, -INFINITY, NAN, 0x1p-149f, -0.0f, 1e18f};

/* A matrix of `rows` rows of `columns` elements, `ld` apart: of a type, beside a guard page; and the same as floats. */
struct matrix {
    struct row typed, floats;
    const void *data;
    int64_t ld;
    int32_t dtype;
};

static struct matrix matrix_random(int64_t rows, int64_t columns, int64_t gap, int32_t dtype, int64_t side,
                                   struct rng *rng) {
    int64_t ld = columns + gap, n = rows > 0 ? (rows - 1) * ld + columns : 0;
    struct matrix m = {.ld = ld, .dtype = dtype, .floats = row_random(n, side, rng, specials, 6)};
    if (dtype == SA_F32) {
        m.data = m.floats.x;
        return m;
    }
    m.typed = row_make((n + 1) / 2, side);
    uint16_t *half = (uint16_t *)(void *)m.typed.x + (side == AT_END ? n % 2 : 0);
    for (int64_t i = 0; i < n; i++) {
        half[i] = half_nearest(m.floats.x[i], dtype);
        m.floats.x[i] = (float)half_value(half[i], dtype);
    }
    m.data = half;
    return m;
}

static void matrix_free(struct matrix *m) {
    row_free(&m->floats);
    if (m->dtype != SA_F32) row_free(&m->typed);
}

struct shape {
    int64_t width, count, rows, gap, chain, side;
    int32_t dtype;
};

/* width is D or Dv. */
#define SHAPE_TEXT "%s, %s, width %lld, count %lld, rows %lld, gap %lld, chain %lld, side %lld, type %d"
#define SHAPE_VALUES(s)                                                                                                \
    (long long)(s)->width, (long long)(s)->count, (long long)(s)->rows, (long long)(s)->gap, (long long)(s)->chain,    \
        (long long)(s)->side, (s)->dtype

static void check_scores(const struct table *table, const struct shape *s, struct rng *rng) {
    const struct kernels *k = table->kernels;
    int64_t lanes = k->lanes->unit, wrong = 0;
    struct matrix keys = matrix_random(s->count, s->width, s->gap, s->dtype, s->side, rng);
    struct row query = row_random(s->width * lanes, s->side, rng, specials, 1),
               want = row_make(s->count * lanes, AT_END), got = row_make(s->count * lanes, s->side);
    k->lanes->scores(want.x, lanes, query.x, s->width, s->chain, keys.floats.x, keys.ld, s->count);
    k->lanes->few_scores(got.x, query.x, s->width, s->chain, keys.data, s->dtype, keys.ld, s->count, s->rows);
    for (int64_t j = 0; j < s->count; j++)
        for (int64_t r = 0; r < s->rows; r++) wrong += !same(want.x[j * lanes + r], got.x[j * lanes + r]);
    EXPECT(wrong == 0 && row_is_alone(&got), SHAPE_TEXT ": %lld differ", table->name, "scores", SHAPE_VALUES(s),
           (long long)wrong);
    matrix_free(&keys);
    struct row *all[] = {&query, &want, &got};
    for (int i = 0; i < 3; i++) row_free(all[i]);
}

static void check_weigh(const struct table *table, const struct shape *s, struct rng *rng) {
    const struct kernels *k = table->kernels;
    int64_t lanes = k->lanes->unit, Dv = s->width, wrong = 0;
    struct matrix values = matrix_random(s->count, Dv, s->gap, s->dtype, s->side, rng);
    struct row weights = row_random(s->count * lanes, s->side, rng, specials, 1),
               shrink = row_random(lanes, s->side, rng, NULL, 0), want = row_random(Dv * lanes, AT_END, rng, NULL, 0),
               got = row_make(k->lanes->few * Dv, s->side);
    for (int64_t r = 0; r < k->lanes->few; r++)
        for (int64_t d = 0; d < Dv; d++) got.x[r * Dv + d] = want.x[d * lanes + r];
    k->lanes->weigh(want.x, lanes, Dv, shrink.x, weights.x, s->count, values.floats.x, values.ld);
    k->lanes->few_weigh(got.x, NULL, Dv, shrink.x, weights.x, s->count, values.data, s->dtype, values.ld, s->rows);
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t d = 0; d < Dv; d++) wrong += !same(want.x[d * lanes + r], got.x[r * Dv + d]);
    EXPECT(wrong == 0 && row_is_alone(&got), SHAPE_TEXT ": %lld differ", table->name, "weigh", SHAPE_VALUES(s),
           (long long)wrong);
    matrix_free(&values);
    struct row *all[] = {&weights, &shrink, &want, &got};
    for (int i = 0; i < 4; i++) row_free(all[i]);
}

static void for_each_shape(const struct table *table,
                           void (*check)(const struct table *, const struct shape *, struct rng *)) {
    static const int64_t widths[] = {1, 7, 8, 15, 16, 31, 32, 33, 48, 64, 65, 71, MOST_D};
    static const int32_t dtypes[] = {SA_F32, SA_BF16, SA_F16};
    struct rng rng = {61};
    struct shape s;
    for (s.rows = 1; s.rows <= table->kernels->lanes->few; s.rows++)
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
            for (int t = 0; t < 3; t++)
                for (int64_t i = 0; i < 12; i++) {
                    static const int64_t counts[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 37};
                    s.width = widths[w], s.dtype = dtypes[t], s.count = counts[i];
                    s.gap = rng_below(&rng, 2) * 3, s.chain = rng_below(&rng, 2) ? CHAIN_UNIT : 3 * CHAIN_UNIT;
                    s.side = rng_below(&rng, 2) ? AT_END : AT_START;
                    check(table, &s, &rng);
                }
}

static void test_scores(const struct table *table) {
    for_each_shape(table, check_scores);
}

Test(few, scores) {
    for_each_table(test_scores);
}

static void test_weigh(const struct table *table) {
    for_each_shape(table, check_weigh);
}

Test(few, weighted_values) {
    for_each_table(test_weigh);
}
