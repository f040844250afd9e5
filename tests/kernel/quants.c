/* Products with quantised weights, of every type and by every table, against sums in double precision.
 * SPDX-License-Identifier: MIT */
#include "base/quantised.h"
#include "kernel/tables.h"
#include "support/blocks.h"
#include "support/guarded.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 9, MOST_OUTS = 9 };

/* Weights and inputs, each right in front of a guard page. */
struct products {
    int32_t dtype;
    int64_t n, outs, rows, ldx;
    size_t w_bytes, x_bytes;
    void *w;
    float *x, *values; /* the weights as floats */
    float y[MOST_ROWS * MOST_OUTS];
};

static struct products make(int32_t dtype, int64_t n, int64_t outs, int64_t rows, struct rng *rng) {
    struct products p = {.dtype = dtype, .n = n, .outs = outs, .rows = rows, .ldx = n + 1};
    p.w_bytes = (size_t)weight_bytes(dtype, n * outs);
    p.x_bytes = (size_t)(rows * p.ldx - (rows > 0)) * sizeof *p.x;
    p.w = guarded_alloc(p.w_bytes), p.x = guarded_alloc(p.x_bytes);
    p.values = malloc((size_t)(n * outs + 1) * sizeof *p.values);
    blocks_random(rng, dtype, n * outs, 1, p.w, p.values);
    for (size_t i = 0; i < p.x_bytes / sizeof *p.x; i++) p.x[i] = rng_normal(rng);
    for (int i = 0; i < MOST_ROWS * MOST_OUTS; i++) p.y[i] = -77;
    return p;
}

static void done(struct products *p) {
    guarded_free(p->w, p->w_bytes);
    guarded_free(p->x, p->x_bytes);
    free(p->values);
}

static int64_t touched(const struct products *p) {
    int64_t count = 0;
    for (int64_t i = 0; i < MOST_ROWS * MOST_OUTS; i++)
        count += (i / MOST_OUTS >= p->rows || i % MOST_OUTS >= p->outs) && p->y[i] != -77;
    return count;
}

/* Largest error in units of the bound: a sum of n rounded products of the row's inputs, or of `inputs` instead. */
static double worst_error(const struct products *p, const double *inputs) {
    double worst = 0;
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t o = 0; o < p->outs; o++) {
            double sum = 0, magnitude = DBL_MIN;
            for (int64_t i = 0; i < p->n; i++) {
                const double x = inputs ? inputs[r * p->n + i] : (double)p->x[r * p->ldx + i];
                const double product = (double)p->values[o * p->n + i] * x;
                sum += product, magnitude += fabs(product);
            }
            const double bound = (double)(p->n + 8) * FLT_EPSILON * magnitude + (double)FLT_MIN;
            worst = fmax(worst, fabs((double)p->y[r * MOST_OUTS + o] - sum) / bound);
        }
    return worst;
}

static void check_dots(const struct table *table, struct products *p) {
    table->kernels->quants->dots(p->y, MOST_OUTS, p->w, p->dtype, p->outs, p->x, p->ldx, p->rows, p->n);
    const double worst = worst_error(p, NULL);
    EXPECT(worst <= 1 && !touched(p), "%s, %s, n %lld, outs %lld, rows %lld: error %g of the bound, %lld touched",
           table->name, block_type(p->dtype)->name, (long long)p->n, (long long)p->outs, (long long)p->rows, worst,
           (long long)touched(p));
}

/* Inputs rounded by the plain table, as the numbers that they then stand for. */
static void check_rounded(const struct table *table, struct products *p) {
    const size_t bytes = (size_t)(rounded_bytes(p->n) * p->rows);
    char *rounded = guarded_alloc(bytes);
    double *inputs = malloc((size_t)(p->rows * p->n + 1) * sizeof *inputs);
    for (int64_t r = 0; r < p->rows; r++) {
        const int8_t *q = (const int8_t *)rounded + r * rounded_bytes(p->n);
        const float *scales = (const float *)(q + p->n);
        quants_ref.round(rounded + r * rounded_bytes(p->n), p->x + r * p->ldx, p->n);
        for (int64_t i = 0; i < p->n; i++) inputs[r * p->n + i] = (double)scales[i / ROUNDED_UNIT] * q[i];
    }
    table->kernels->quants->rounded_dots(p->y, MOST_OUTS, p->w, p->dtype, p->outs, rounded, p->rows, p->n);
    const double worst = worst_error(p, inputs);
    EXPECT(worst <= 1 && !touched(p), "rounded, %s, %s, n %lld, outs %lld, rows %lld: error %g of the bound",
           table->name, block_type(p->dtype)->name, (long long)p->n, (long long)p->outs, (long long)p->rows, worst);
    guarded_free(rounded, bytes);
    free(inputs);
}

static void check(const struct table *table, int32_t dtype, int64_t n, int64_t outs, int64_t rows, struct rng *rng) {
    struct products p = make(dtype, n, outs, rows, rng);
    check_dots(table, &p);
    check_rounded(table, &p);
    done(&p);
}

static void test_products(const struct table *table) {
    struct rng rng = {81};
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const int64_t unit = block_type(block_types[t])->elements;
        for (int64_t blocks = 0; blocks < 10; blocks++)
            for (int64_t outs = 0; outs <= MOST_OUTS; outs++)
                check(table, block_types[t], blocks * unit, outs, rng_below(&rng, MOST_ROWS + 1), &rng);
        for (int64_t rows = 0; rows <= MOST_ROWS; rows++) check(table, block_types[t], 3 * unit, 5, rows, &rng);
    }
}

Test(quants, products_of_all_sizes) {
    for_each_table(test_products);
}

/* A sum does not depend on how many others are made. */
static void test_same_bits(const struct table *table) {
    struct rng rng = {82};
    for (int t = 0; t < BLOCK_TYPES; t++) {
        struct products p = make(block_types[t], 768, 7, 6, &rng);
        const struct quant_kernels *quants = table->kernels->quants;
        const int64_t row = weight_bytes(p.dtype, p.n), rounded_row = rounded_bytes(p.n);
        char *rounded = malloc((size_t)(rounded_row * p.rows));
        float all[6 * 7], all_rounded[6 * 7], one;
        int wrong = 0;
        for (int64_t r = 0; r < p.rows; r++) quants->round(rounded + r * rounded_row, p.x + r * p.ldx, p.n);
        quants->dots(all, p.outs, p.w, p.dtype, p.outs, p.x, p.ldx, p.rows, p.n);
        quants->rounded_dots(all_rounded, p.outs, p.w, p.dtype, p.outs, rounded, p.rows, p.n);
        for (int64_t r = 0; r < p.rows; r++)
            for (int64_t o = 0; o < p.outs; o++) {
                const char *w = (const char *)p.w + o * row;
                quants->dots(&one, 1, w, p.dtype, 1, p.x + r * p.ldx, p.n, 1, p.n);
                wrong += !same(one, all[r * p.outs + o]);
                quants->rounded_dots(&one, 1, w, p.dtype, 1, rounded + r * rounded_row, 1, p.n);
                wrong += !same(one, all_rounded[r * p.outs + o]);
            }
        EXPECT(!wrong, "%s, %s: %d sums differ", table->name, block_type(p.dtype)->name, wrong);
        free(rounded);
        done(&p);
    }
}

Test(quants, have_the_same_bits_in_any_company) {
    for_each_table(test_same_bits);
}

static void test_widen(const struct table *table) {
    struct rng rng = {83};
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const struct block_type *type = block_type(block_types[t]);
        for (int64_t blocks = 0; blocks < 40; blocks++) {
            const int64_t n = blocks * type->elements;
            const size_t bytes = (size_t)(blocks * type->bytes), floats = (size_t)n * sizeof(float);
            unsigned char *w = guarded_alloc(bytes);
            float *y = guarded_alloc(floats), *values = malloc(floats + 1);
            int64_t wrong = 0;
            blocks_random(&rng, block_types[t], n, 0, w, values);
            table->kernels->quants->widen(y, w, block_types[t], n);
            for (int64_t i = 0; i < n; i++) wrong += y[i] != values[i];
            EXPECT(!wrong, "%s, %s, %lld blocks: %lld values differ", table->name, type->name, (long long)blocks,
                   (long long)wrong);
            guarded_free(w, bytes);
            guarded_free(y, floats);
            free(values);
        }
    }
}

Test(quants, widen_exactly) {
    for_each_table(test_widen);
}

/* Numbers that a scale has to survive: halves between two integers, tiny ones, infinities, NaN. */
static void test_round(const struct table *table) {
    static const float specials[] = {0, -0.0f, 127, -127, 0.5f, 1.5f, -2.5f, 1e-38f, 3e38f, INFINITY, -INFINITY, NAN};
    struct rng rng = {84};
    for (int64_t n = 0; n <= 12 * ROUNDED_UNIT; n += ROUNDED_UNIT)
        for (int round = 0; round < 60; round++) {
            const size_t bytes = (size_t)rounded_bytes(n), floats = (size_t)n * sizeof(float);
            float *x = guarded_alloc(floats);
            char *got = guarded_alloc(bytes), *wanted = malloc(bytes + 1);
            const float size = ldexpf(1, (int)rng_below(&rng, 240) - 130);
            const int count = round % 3 == 0 ? 0 : round % 3 == 1 ? 9 : 12;
            for (int64_t i = 0; i < n; i++)
                x[i] = count && rng_chance(&rng, 0.05) ? specials[rng_below(&rng, count)] : size * rng_normal(&rng);
            quants_ref.round(wanted, x, n);
            table->kernels->quants->round(got, x, n);
            const struct rounded_row a = rounded_row(got, n), b = rounded_row(wanted, n);
            int64_t wrong = 0;
            for (int64_t i = 0; i < n; i++) wrong += a.bytes[i] != b.bytes[i];
            for (int64_t i = 0; i < n / ROUNDED_UNIT; i++) wrong += !same(a.scales[i], b.scales[i]);
            for (int64_t i = 0; i < n / 4; i++) wrong += a.minus_sums[i] != b.minus_sums[i];
            for (int64_t i = 0; i < rounded_sums(n); i++)
                wrong += a.sums[i] != b.sums[i] && !same(a.sums[i], b.sums[i]);
            EXPECT(!wrong, "%s, n %lld, size %g: %lld differ", table->name, (long long)n, (double)size,
                   (long long)wrong);
            guarded_free(x, floats);
            guarded_free(got, bytes);
            free(wanted);
        }
}

Test(quants, round_like_plain_c) {
    for_each_table(test_round);
}

/* What rounding to bytes promises, of the plain table. */
Test(quants, rounded_numbers_are_near) {
    struct rng rng = {85};
    float x[ROUNDED_UNIT];
    _Alignas(4) char rounded[8 * ROUNDED_UNIT];
    const struct rounded_row row = rounded_row(rounded, ROUNDED_UNIT);
    cr_assert((size_t)rounded_bytes(ROUNDED_UNIT) <= sizeof rounded);
    for (int round = 0; round < 1000; round++) {
        float most = 0;
        int sums[2] = {0, 0};
        for (int i = 0; i < ROUNDED_UNIT; i++) most = fmaxf(most, fabsf(x[i] = rng_normal(&rng)));
        quants_ref.round(rounded, x, ROUNDED_UNIT);
        const float scale = row.scales[0];
        for (int i = 0; i < ROUNDED_UNIT; i++) {
            sums[i / ROUNDED_SUM_UNIT] += row.bytes[i];
            EXPECT(fabsf(scale * (float)row.bytes[i] - x[i]) <= 0.50001f * most / 127, "%g became %g", (double)x[i],
                   (double)(scale * (float)row.bytes[i]));
        }
        cr_assert(row.sums[0] == scale * (float)sums[0] && row.sums[1] == scale * (float)sums[1] && row.sums[2] == 0);
        cr_assert(row.minus_sums[7] == -(row.bytes[28] + row.bytes[29] + row.bytes[30] + row.bytes[31]));
    }
    x[5] = NAN;
    quants_ref.round(rounded, x, ROUNDED_UNIT);
    cr_expect(isnan(row.scales[0]) && row.bytes[0] == 0);
}
