/* Maximum, scaling, sums and the search for numbers that are too large: exact, for every length, alignment and special
 * value.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

/* Calls check(table, row) for every length and alignment, with rows of ordinary, tiny, huge and infinite numbers. */
static void for_each_row(const struct table *table, void (*check)(const struct table *table, struct row *row)) {
    static const float specials[] = {0,        -0.0f,    FLT_TRUE_MIN, -FLT_MIN / 3, 0x1.fffffep+126f,
                                     -FLT_MAX, INFINITY, -INFINITY};
    struct rng rng = {31};
    for (int64_t n = 0; n <= LONGEST; n++)
        for (int64_t offset = AT_START; offset < 16; offset++)
            for (int kind = 0; kind < 3; kind++) {
                struct row row = row_make(n, offset);
                for (int64_t i = 0; i < n; i++) {
                    int special = kind == 1 && rng_chance(&rng, .5);
                    row.x[i] = kind == 2 ? -INFINITY : special ? specials[rng_below(&rng, 8)] : rng_normal(&rng);
                }
                check(table, &row);
                EXPECT(row_is_alone(&row), "%s, n %lld, offset %lld: written outside", table->name, (long long)n,
                       (long long)offset);
                row_free(&row);
            }
}

static float largest_number(const struct row *row) {
    float max = -INFINITY;
    for (int64_t i = 0; i < row->n; i++)
        if (row->x[i] > max) max = row->x[i];
    return max;
}

static void check_max(const struct table *table, struct row *row) {
    float want = largest_number(row), got = table->kernels->rows->max(row->x, row->n);
    EXPECT(got == want, "%s, n %lld: %g, want %g", table->name, (long long)row->n, (double)got, (double)want);
    for (int64_t i = 0; i < row->n; i += 7) { /* with one NaN: that, or the largest of the others */
        float was = row->x[i];
        row->x[i] = NAN;
        got = table->kernels->rows->max(row->x, row->n);
        EXPECT(isnan(got) || got == largest_number(row), "%s, n %lld, NaN at %lld: %g", table->name, (long long)row->n,
               (long long)i, (double)got);
        row->x[i] = was;
    }
}

static void test_max(const struct table *table) {
    for_each_row(table, check_max);
}

Test(rows, maximum) {
    for_each_table(test_max);
}

static void check_scale(const struct table *table, struct row *row) {
    static const float factors[] = {0.3f, -2, 0, 1e-30f, 3e38f, INFINITY, NAN};
    int64_t n = row->n;
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
        struct row to = row_make(n, row->x - row->block > 40 ? 3 : AT_END), own = row_make(n, AT_START);
        struct row onto = row_make(n, AT_END);
        memcpy(own.x, row->x, (size_t)n * sizeof *own.x);
        memcpy(onto.x, row->x, (size_t)n * sizeof *onto.x);
        table->kernels->rows->scale_to(to.x, row->x, n, factors[f]);
        table->kernels->rows->scale_to(onto.x, onto.x, n, factors[f]);
        table->kernels->rows->scale(own.x, n, factors[f]);
        int wrong = 0;
        for (int64_t i = 0; i < n; i++) {
            float want = row->x[i] * factors[f];
            wrong += !same(to.x[i], want) + !same(onto.x[i], want) + !same(own.x[i], want);
        }
        EXPECT(wrong == 0 && row_is_alone(&to) && row_is_alone(&onto) && row_is_alone(&own),
               "%s, n %lld, factor %g: %d wrong", table->name, (long long)n, (double)factors[f], wrong);
        row_free(&to);
        row_free(&onto);
        row_free(&own);
    }
}

static void test_scale(const struct table *table) {
    for_each_row(table, check_scale);
}

Test(rows, scaling) {
    for_each_table(test_scale);
}

static void check_add(const struct table *table, struct row *row) {
    static const float terms[] = {0.3f, -0.0f, FLT_TRUE_MIN, -3e38f, INFINITY, NAN};
    for (size_t t = 0; t < sizeof terms / sizeof terms[0]; t++) {
        struct row sum = row_make(row->n, t % 2 ? AT_START : AT_END);
        int wrong = 0;
        memcpy(sum.x, row->x, (size_t)row->n * sizeof *sum.x);
        table->kernels->rows->add(sum.x, terms[t], row->n);
        for (int64_t i = 0; i < row->n; i++) wrong += !same(sum.x[i], row->x[i] + terms[t]);
        EXPECT(wrong == 0 && row_is_alone(&sum), "%s, n %lld, term %g: %d wrong", table->name, (long long)row->n,
               (double)terms[t], wrong);
        row_free(&sum);
    }
}

static void test_add(const struct table *table) {
    for_each_row(table, check_add);
}

Test(rows, adding_a_term) {
    for_each_table(test_add);
}

/* -infinity hides whatever the score is, NaN too; every other bias is added. */
static void check_mask(const struct table *table, struct row *row) {
    static const float biases[] = {-INFINITY, -INFINITY, 0, -FLT_MAX, INFINITY, NAN};
    struct rng rng = {(uint64_t)row->n + 43};
    struct row score = row_random(row->n, row->x - row->block > 40 ? 5 : AT_END, &rng, biases, 6);
    struct row bias = row_random(row->n, AT_END, &rng, biases, 6);
    int wrong = 0;
    for (int64_t i = 0; i < row->n; i += 2) score.x[i] = row->x[i];
    struct row sum = row_make(row->n, AT_START);
    memcpy(sum.x, score.x, (size_t)row->n * sizeof *sum.x);
    table->kernels->rows->add_mask(sum.x, bias.x, row->n);
    for (int64_t i = 0; i < row->n; i++)
        wrong += !same(sum.x[i], bias.x[i] == -INFINITY ? -INFINITY : score.x[i] + bias.x[i]);
    EXPECT(wrong == 0 && row_is_alone(&sum) && row_is_alone(&bias), "%s, n %lld: %d wrong", table->name,
           (long long)row->n, wrong);
    row_free(&score);
    row_free(&bias);
    row_free(&sum);
}

static void test_mask(const struct table *table) {
    for_each_row(table, check_mask);
}

Test(rows, adding_a_mask) {
    for_each_table(test_mask);
}

static void check_below(const struct table *table, struct row *row) {
    static const float limits[] = {INFINITY, 0x1.ffp+127f, 2},
                       odd[] = {NAN, INFINITY, -INFINITY, 0x1.ffp+127f, -FLT_MAX, 2};
    for (int l = 0; l < 3; l++) {
        int want = 1;
        for (int64_t i = 0; i < row->n; i++) want &= fabsf(row->x[i]) < limits[l];
        int got = table->kernels->rows->below(row->x, row->n, limits[l]);
        EXPECT(got == want, "%s, n %lld, %g: %d, want %d", table->name, (long long)row->n, (double)limits[l], got,
               want);
        for (int64_t i = 0; want && i < row->n; i++)
            for (int o = 0; o < 6; o++) {
                float was = row->x[i];
                row->x[i] = odd[o];
                got = table->kernels->rows->below(row->x, row->n, limits[l]);
                row->x[i] = was;
                EXPECT(got == (fabsf(odd[o]) < limits[l]), "%s, n %lld: %g at %lld, limit %g: %d", table->name,
                       (long long)row->n, (double)odd[o], (long long)i, (double)limits[l], got);
            }
    }
}

static void test_below(const struct table *table) {
    for_each_row(table, check_below);
}

Test(rows, below_a_limit) {
    for_each_table(test_below);
}
