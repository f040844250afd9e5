/* cap * tanh(x / cap) against the C library's in double precision.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>

/* The bounds of kernel.h; the relative one needs a quotient that is a normal number. */
static int is_right(float got, float x, float cap) {
    double exact = cap * tanh((double)x / cap), off = fabs(got - exact);
    if (isnan(x)) return isnan(got);
    if (isinf(x)) return fabsf(got) == cap && (got > 0) == (x > 0);
    int normal = fabsf(x / cap) >= FLT_MIN && fabs(exact) >= FLT_MIN;
    return off <= 4e-7 * cap && (!normal || off <= 1e-6 * fabs(exact));
}

static float random_score(struct rng *rng, int kind, float cap) {
    static const float specials[] = {0, -0.0f, NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, -FLT_MIN / 2};
    if (kind == 1 && rng_chance(rng, .4)) return specials[rng_below(rng, 9)];
    if (kind == 2) return cap * ldexpf(rng_normal(rng), -(int)rng_below(rng, 60));
    return cap * rng_normal(rng) * 3;
}

static void check_row(const struct table *table, int64_t n, int64_t offset, int kind, float cap, struct rng *rng) {
    struct row row = row_make(n, offset);
    float from[LONGEST], first = 0, got = 0;
    int wrong = 0;
    for (int64_t i = 0; i < n; i++) row.x[i] = from[i] = random_score(rng, kind, cap);
    table->kernels->rows->softcap(row.x, n, cap);
    for (int64_t i = 0; i < n; i++)
        if (!is_right(row.x[i], from[i], cap) && wrong++ == 0) first = from[i], got = row.x[i];
    EXPECT(wrong == 0 && row_is_alone(&row), "%s, n %lld, offset %lld, cap %g: %d wrong, first %a gives %a",
           table->name, (long long)n, (long long)offset, (double)cap, wrong, (double)first, (double)got);
    row_free(&row);
}

static void test_rows(const struct table *table) {
    static const float caps[] = {1, 5, 30, 50, 1e-3f, 1e6f};
    struct rng rng = {41};
    for (int64_t n = 0; n <= LONGEST; n++)
        for (int64_t offset = AT_START; offset < 16; offset++)
            for (int kind = 0; kind < 3; kind++)
                for (int c = 0; c < 6; c++) check_row(table, n, offset, kind, caps[c], &rng);
}

Test(softcap, of_every_length_and_alignment) {
    for_each_table(test_rows);
}

/* Densely over where tanh bends, both sides of the place where the two formulas meet included. */
static void test_dense(const struct table *table) {
    enum { HALF = 1 << 19, COUNT = 2 * HALF };
    static float x[COUNT];
    int wrong = 0;
    float first = 0;
    for (int i = 0; i < COUNT; i++) x[i] = (float)(i - HALF) * 0x1p-15f;
    table->kernels->rows->softcap(x, COUNT, 1);
    for (int i = 0; i < COUNT; i++) {
        float from = (float)(i - HALF) * 0x1p-15f;
        if (!is_right(x[i], from, 1) && wrong++ == 0) first = from;
    }
    EXPECT(wrong == 0, "%s: %d are off, the first of %a", table->name, wrong, (double)first);
}

Test(softcap, is_within_its_bounds) {
    for_each_table(test_dense);
}
