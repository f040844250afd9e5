/* Dot products of rows of weights with rows of numbers, in every type of weights, against sums in double precision.
 * SPDX-License-Identifier: MIT */
#include "base/half.h"
#include "kernel/tables.h"
#include "support/guarded.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

enum { MOST_ROWS = 9, MOST_OUTS = 9, GAP = 3 };

struct shape {
    int32_t dtype;
    int64_t n, outs, rows;
};

/* Largest error in units of the bound: a sum of n rounded products. */
static double worst_error(const struct shape *s, const float *y, const void *w, int64_t ld, const float *x,
                          int64_t ldx) {
    double worst = 0;
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t o = 0; o < s->outs; o++) {
            double sum = 0, magnitude = DBL_MIN;
            for (int64_t i = 0; i < s->n; i++) {
                double product = (double)element_load(w, s->dtype, o * ld + i) * (double)x[r * ldx + i];
                sum += product, magnitude += fabs(product);
            }
            double bound = (double)(s->n + 8) * FLT_EPSILON * magnitude + (double)FLT_MIN;
            worst = fmax(worst, fabs((double)y[r * MOST_OUTS + o] - sum) / bound);
        }
    return worst;
}

/* Weights and numbers end right in front of a guard page; what was not asked for stays as it was. */
static void check(const struct table *table, const struct shape *s, struct rng *rng) {
    int64_t ld = s->n + GAP, ldx = s->n + 1;
    size_t w_bytes = (size_t)(s->outs * ld - (s->outs ? GAP : 0)) * (size_t)element_size(s->dtype);
    size_t x_bytes = (size_t)(s->rows * ldx - (s->rows ? 1 : 0)) * sizeof(float);
    void *w = guarded_alloc(w_bytes);
    float *x = guarded_alloc(x_bytes), y[MOST_ROWS * MOST_OUTS];
    int64_t touched = 0;
    for (int64_t i = 0; i < (int64_t)(w_bytes / (size_t)element_size(s->dtype)); i++)
        element_store(w, s->dtype, i, rng_normal(rng));
    for (size_t i = 0; i < x_bytes / sizeof *x; i++) x[i] = rng_normal(rng);
    for (int64_t i = 0; i < MOST_ROWS * MOST_OUTS; i++) y[i] = -77;
    table->kernels->rows->dots(y, MOST_OUTS, w, s->dtype, ld, s->outs, x, ldx, s->rows, s->n);
    double worst = worst_error(s, y, w, ld, x, ldx);
    for (int64_t i = 0; i < MOST_ROWS * MOST_OUTS; i++)
        touched += (i / MOST_OUTS >= s->rows || i % MOST_OUTS >= s->outs) && y[i] != -77;
    EXPECT(worst <= 1 && touched == 0,
           "%s, dtype %d, n %lld, outs %lld, rows %lld: error %g of the bound, %lld touched", table->name,
           (int)s->dtype, (long long)s->n, (long long)s->outs, (long long)s->rows, worst, (long long)touched);
    guarded_free(w, w_bytes);
    guarded_free(x, x_bytes);
}

static void test_table(const struct table *table) {
    struct rng rng = {45};
    for (int32_t dtype = SA_F32; dtype <= SA_F16; dtype++)
        for (int64_t n = 0; n <= 67; n++)
            for (int64_t outs = 0; outs <= MOST_OUTS; outs++) {
                const struct shape shape = {dtype, n, outs, rng_below(&rng, MOST_ROWS + 1)};
                check(table, &shape, &rng);
            }
    for (int32_t dtype = SA_F32; dtype <= SA_F16; dtype++)
        for (int64_t rows = 0; rows <= MOST_ROWS; rows++) check(table, &(struct shape){dtype, 1027, 5, rows}, &rng);
}

Test(dots, of_all_sizes) {
    for_each_table(test_table);
}

/* A sum does not depend on how many others are made. */
static void test_same_bits(const struct table *table) {
    enum { N = 301, ROWS = 7, OUTS = 6 };
    float w[OUTS * N], x[ROWS * N], all[ROWS * OUTS], one;
    struct rng rng = {46};
    int64_t wrong = 0;
    for (int i = 0; i < OUTS * N; i++) w[i] = rng_normal(&rng);
    for (int i = 0; i < ROWS * N; i++) x[i] = rng_normal(&rng);
    table->kernels->rows->dots(all, OUTS, w, SA_F32, N, OUTS, x, N, ROWS, N);
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t o = 0; o < OUTS; o++) {
            table->kernels->rows->dots(&one, 1, w + o * N, SA_F32, N, 1, x + r * N, N, 1, N);
            wrong += memcmp(&one, &all[r * OUTS + o], sizeof one) != 0;
        }
    EXPECT(wrong == 0, "%s: %lld of %d sums differ", table->name, (long long)wrong, ROWS * OUTS);
}

Test(dots, have_the_same_bits_in_any_company) {
    for_each_table(test_same_bits);
}
