/* The kernels of linear attention against double precision: every number of rows around a block, widths of one to three
 * units, strides that leave gaps, and NaN wherever nothing may be read.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "selfattn.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

enum { ROWS = 19, N = 37, WIDTH = 3 * LINEAR_UNIT, GAP = 5, LD = WIDTH + GAP, LDA = N + GAP };

struct matrices {
    float a[ROWS * LDA], b[N * LD], out[(ROWS + 1) * LD], before[(ROWS + 1) * LD], keep[ROWS];
    int64_t rows, n, width;
};

static void fill(float *x, int64_t count, struct rng *rng) {
    for (int64_t i = 0; i < count; i++) x[i] = rng_normal(rng) / 4;
}

static void make(struct matrices *m, struct rng *rng, int64_t rows, int64_t n, int64_t width) {
    fill(m->a, ROWS * LDA, rng);
    fill(m->b, N * LD, rng);
    fill(m->out, (ROWS + 1) * LD, rng);
    fill(m->keep, ROWS, rng);
    m->rows = rows, m->n = n, m->width = width;
    memcpy(m->before, m->out, sizeof m->before);
}

/* A sum of n products has n roundings of products and sums, each of a half ulp of a number of order 1. */
static double bound(int64_t n) {
    return (double)(2 * n + 2) * FLT_EPSILON;
}

static void note(struct worst *worst, double got, double want, int64_t n, const struct matrices *m, const char *what) {
    NOTE(worst, excess(got, want, bound(n)), "%s, %lld rows, n %lld, width %lld", what, (long long)m->rows,
         (long long)m->n, (long long)m->width);
}

/* Nothing but rows x width is written. */
static void expect_alone(const struct table *table, const struct matrices *m, const char *what) {
    for (int64_t i = 0; i <= ROWS; i++)
        for (int64_t w = 0; w < LD; w++)
            if (i >= m->rows || w >= m->width)
                EXPECT(m->out[i * LD + w] == m->before[i * LD + w], "%s, %s: written outside", table->name, what);
}

static void check_product(const struct table *table, struct matrices *m, int64_t step, int transposed,
                          struct worst *worst) {
    const int64_t lda = transposed ? 1 : LDA, along = transposed ? ROWS : 1;
    if (step < 0)
        for (int64_t i = 0; i < m->rows; i++)
            for (int64_t w = 0; w < m->width; w++) m->out[i * LD + w] = NAN; /* is not read */
    table->kernels->linear->product(m->out, LD, step < 0 ? NULL : m->keep, step, m->a, lda, along, m->b, LD, m->n,
                                    m->rows, m->width);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t w = 0; w < m->width; w++) {
            double want = step < 0 ? 0 : (double)m->keep[i * step] * (double)m->before[i * LD + w];
            for (int64_t d = 0; d < m->n; d++) want += (double)m->a[i * lda + d * along] * (double)m->b[d * LD + w];
            note(worst, (double)m->out[i * LD + w], want, m->n, m, "product");
        }
    expect_alone(table, m, "product");
}

static void test_product(const struct table *table) {
    static struct matrices m;
    struct rng rng = {1};
    struct worst worst = {0};
    for (int64_t rows = 0; rows <= ROWS; rows++)
        for (int64_t n = 0; n <= N; n += n < 9 ? 1 : 7)
            for (int64_t width = LINEAR_UNIT; width <= WIDTH; width += LINEAR_UNIT)
                for (int64_t step = -1; step <= 1; step++) {
                    make(&m, &rng, rows, n, width);
                    check_product(table, &m, step, n % 2 == 0, &worst);
                }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(linear, products) {
    for_each_table(test_product);
}

/* Above the diagonal of a stand NaN, and behind row `rows` of b. */
static void check_lower(const struct table *table, struct matrices *m, int in_place, struct worst *worst) {
    static double want[ROWS * WIDTH];
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = in_place ? i : i + 1; j < LDA; j++) m->a[i * LDA + j] = NAN;
    for (int64_t w = 0; w < LD; w++) m->b[m->rows * LD + w] = NAN;
    if (in_place)
        table->kernels->linear->solve(m->out, LD, m->a, LDA, m->rows, m->width);
    else
        table->kernels->linear->triangle(m->out, LD, m->a, LDA, m->b, LD, m->rows, m->width);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t w = 0; w < m->width; w++) {
            double sum = (double)m->before[i * LD + w];
            for (int64_t j = 0; j < i + !in_place; j++)
                sum += (double)m->a[i * LDA + j] * (in_place ? want[j * WIDTH + w] : (double)m->b[j * LD + w]);
            want[i * WIDTH + w] = sum;
            /* Errors of earlier rows come back times elements of a. */
            note(worst, (double)m->out[i * LD + w], sum, in_place ? m->rows * m->rows : m->rows, m,
                 in_place ? "solve" : "triangle");
        }
    expect_alone(table, m, in_place ? "solve" : "triangle");
}

static void test_lower(const struct table *table) {
    static struct matrices m;
    struct rng rng = {2};
    struct worst worst = {0};
    for (int64_t rows = 0; rows <= ROWS; rows++)
        for (int64_t width = LINEAR_UNIT; width <= WIDTH; width += LINEAR_UNIT)
            for (int in_place = 0; in_place < 2; in_place++) {
                make(&m, &rng, rows, rows, width);
                check_lower(table, &m, in_place, &worst);
            }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(linear, triangles) {
    for_each_table(test_lower);
}

/* Rows end where memory ends. */
static void test_decayed(const struct table *table) {
    struct rng rng = {3};
    struct worst worst = {0};
    for (int64_t n = 1; n <= N; n++)
        for (int64_t rows = 1; rows <= LINEAR_UNIT; rows += 5) {
            struct row x = row_random(rows * n, AT_END, &rng, NULL, 0), a = row_random(rows * n, AT_END, &rng, NULL, 0),
                       k = row_random(n, AT_END, &rng, NULL, 0), sums = row_make(rows, AT_END);
            for (int64_t i = 0; i < rows * n; i++) a.x[i] = 1 / (1 + fabsf(a.x[i]));
            table->kernels->linear->decayed(sums.x, x.x, n, a.x, n, k.x, n, rows);
            for (int64_t i = 0; i < rows; i++) {
                double want = 0, size = 0;
                for (int64_t d = 0; d < n; d++) {
                    double key = (double)k.x[d];
                    for (int64_t r = 1; r <= i; r++) key *= (double)a.x[r * n + d];
                    want += key * (double)x.x[i * n + d], size += fabs(key * (double)x.x[i * n + d]);
                }
                NOTE(&worst, excess((double)sums.x[i], want, size * (double)(n + rows) * FLT_EPSILON + FLT_MIN),
                     "decayed, n %lld, row %lld", (long long)n, (long long)i);
            }
            EXPECT(row_is_alone(&sums), "%s: written outside", table->name);
            row_free(&x), row_free(&a), row_free(&k), row_free(&sums);
        }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(linear, decayed_products) {
    for_each_table(test_decayed);
}

static double feature(double x, int32_t kind) {
    return kind == SA_FEATURES_ELU      ? x < 0 ? exp(x) : x + 1
           : kind == SA_FEATURES_RELU   ? fmax(x, 0)
           : kind == SA_FEATURES_SQUARE ? x * x
                                        : x;
}

static void test_maps(const struct table *table) {
    static const float specials[] = {0, -0.0f, 1e-30f, -1e-30f, 80, -80, 1e18f, -1e18f};
    struct rng rng = {4};
    struct worst worst = {0};
    for (int64_t n = 0; n <= LONGEST; n++)
        for (int32_t kind = SA_FEATURES_IDENTITY; kind <= SA_FEATURES_SQUARE; kind++) {
            struct row x = row_random(n, AT_END, &rng, specials, 8), was = row_make(n, AT_END);
            memcpy(was.x, x.x, (size_t)n * sizeof *x.x);
            table->kernels->linear->map(x.x, n, kind);
            for (int64_t i = 0; i < n; i++) {
                const double want = feature((double)was.x[i], kind);
                NOTE(&worst, excess((double)x.x[i], want, 2 * FLT_EPSILON * fabs(want) + FLT_MIN), "map %d of %g", kind,
                     (double)was.x[i]);
            }
            EXPECT(row_is_alone(&x), "%s: written outside", table->name);
            row_free(&x), row_free(&was);
        }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(linear, feature_maps) {
    for_each_table(test_maps);
}
