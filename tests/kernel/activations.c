/* Activations against the C library's functions in double precision.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

struct activation {
    const char *name;
    double (*exact)(double x);
    size_t entry; /* of struct kernels */
    int relative; /* whether the relative bound of kernel.h holds too */
};

static double gelu(double x) {
    return .5 * x * erfc(-x * sqrt(.5));
}

static double gelu_tanh(double x) {
    return .5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + .044715 * x * x * x)));
}

static double silu(double x) {
    return x / (1 + exp(-x));
}

static const struct activation activations[] = {
    {"gelu", gelu, offsetof(struct row_kernels, gelu), 1},
    {"gelu_tanh", gelu_tanh, offsetof(struct row_kernels, gelu_tanh), 0},
    {"silu", silu, offsetof(struct row_kernels, silu), 1},
};

typedef void (*row_fn)(float *x, int64_t n);

static row_fn entry_of(const struct kernels *kernels, const struct activation *a) {
    row_fn entry;
    memcpy(&entry, (const char *)kernels->rows + a->entry, sizeof entry);
    return entry;
}

static int is_right(const struct activation *a, float got, float x) {
    double exact = a->exact(x), off = fabs(got - exact);
    if (isnan(x) || x == -INFINITY) return isnan(got);
    if (isinf(x)) return got == INFINITY;
    return off <= 4e-7 * fabs((double)x) + (double)FLT_TRUE_MIN &&
           (!a->relative || fabs(exact) < FLT_MIN || off <= 2e-5 * fabs(exact));
}

static float random_input(struct rng *rng) {
    static const float specials[] = {0, -0.0f, NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, -FLT_MIN / 2};
    if (rng_chance(rng, .1)) return specials[rng_below(rng, 9)];
    return rng_chance(rng, .3) ? ldexpf(rng_normal(rng), -(int)rng_below(rng, 60)) : rng_normal(rng) * 6;
}

static void check_row(const struct table *table, const struct activation *a, int64_t n, int64_t offset,
                      struct rng *rng) {
    struct row row = row_make(n, offset);
    float from[LONGEST], first = 0, got = 0;
    int wrong = 0;
    for (int64_t i = 0; i < n; i++) row.x[i] = from[i] = random_input(rng);
    entry_of(table->kernels, a)(row.x, n);
    for (int64_t i = 0; i < n; i++)
        if (!is_right(a, row.x[i], from[i]) && wrong++ == 0) first = from[i], got = row.x[i];
    EXPECT(wrong == 0 && row_is_alone(&row), "%s, %s, n %lld, offset %lld: %d wrong, first %a gives %a", table->name,
           a->name, (long long)n, (long long)offset, wrong, (double)first, (double)got);
    row_free(&row);
}

static void test_rows(const struct table *table) {
    struct rng rng = {43};
    for (int a = 0; a < 3; a++)
        for (int64_t n = 0; n <= LONGEST; n++)
            for (int64_t offset = -1; offset < 16; offset++) check_row(table, &activations[a], n, offset, &rng);
}

Test(activations, of_every_length_and_alignment) {
    for_each_table(test_rows);
}

static void test_dense(const struct table *table) {
    enum { HALF = 1 << 18, COUNT = 2 * HALF };
    static float x[COUNT];
    for (int a = 0; a < 3; a++) {
        int wrong = 0;
        float first = 0;
        for (int i = 0; i < COUNT; i++) x[i] = (float)(i - HALF) * 0x1p-14f;
        entry_of(table->kernels, &activations[a])(x, COUNT);
        for (int i = 0; i < COUNT; i++) {
            float from = (float)(i - HALF) * 0x1p-14f;
            if (!is_right(&activations[a], x[i], from) && wrong++ == 0) first = from;
        }
        EXPECT(wrong == 0, "%s, %s: %d are off, the first of %a", table->name, activations[a].name, wrong,
               (double)first);
    }
}

Test(activations, are_within_their_bounds) {
    for_each_table(test_dense);
}

static void test_products(const struct table *table) {
    struct rng rng = {44};
    for (int64_t n = 0; n <= LONGEST; n++) {
        struct row x = row_make(n, 3), y = row_make(n, 5);
        int wrong = 0;
        float from[LONGEST] = {0};
        for (int64_t i = 0; i < n; i++) {
            x.x[i] = from[i] = rng_normal(&rng);
            y.x[i] = rng_normal(&rng);
        }
        table->kernels->rows->multiply(x.x, y.x, n);
        for (int64_t i = 0; i < n; i++) wrong += x.x[i] != from[i] * y.x[i];
        EXPECT(wrong == 0 && row_is_alone(&x), "%s, n %lld: %d wrong", table->name, (long long)n, wrong);
        row_free(&x);
        row_free(&y);
    }
}

Test(activations, rows_are_multiplied) {
    for_each_table(test_products);
}
