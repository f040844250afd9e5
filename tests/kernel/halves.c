/* Conversions between floats and the two 16-bit formats: every 16-bit number in; out every float at or beside a place
 * where rounding changes its mind, and others from the whole range.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"

#include "base/half.h"
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>

static const int32_t types[] = {SA_BF16, SA_F16};
static const char *const type_names[] = {"", "bf16", "f16"};

/* n halves in a row's memory, of which the first (at the end of pages) or the last half may be left over. */
struct halves {
    struct row row;
    uint16_t *x, *rest;
};

enum { REST = 0x1234 };

static struct halves halves_make(int64_t n, int64_t side) {
    struct halves h = {.row = row_make((n + 1) / 2, side)};
    uint16_t *all = (uint16_t *)h.row.x;
    h.x = side == AT_END ? all + n % 2 : all;
    h.rest = n % 2 == 0 ? NULL : side == AT_END ? all : all + n;
    if (h.rest) *h.rest = REST;
    return h;
}

static int halves_are_alone(const struct halves *h) {
    return row_is_alone(&h->row) && (!h->rest || *h->rest == REST);
}

/* All 65536, in rows of `length`. */
static void check_load(const struct table *table, int32_t dtype, int64_t length, int64_t side) {
    struct worst worst = {0};
    int alone = 1;
    for (int64_t at = 0; at < 65536; at += length) {
        int64_t n = at + length < 65536 ? length : 65536 - at;
        struct halves from = halves_make(n, side);
        struct row to = row_make(n, side);
        for (int64_t i = 0; i < n; i++) from.x[i] = (uint16_t)(at + i);
        table->kernels->rows->load(to.x, from.x, dtype, n);
        for (int64_t i = 0; i < n; i++)
            NOTE(&worst, excess(to.x[i], half_value(from.x[i], dtype), 0), "%s %#x in a row of %lld: %g",
                 type_names[dtype], from.x[i], (long long)n, (double)to.x[i]);
        alone &= row_is_alone(&to) && halves_are_alone(&from);
        row_free(&from.row);
        row_free(&to);
    }
    EXPECT_WITHIN_BOUNDS(&worst, table);
    EXPECT(alone, "%s: written outside of a row of %lld", table->name, (long long)length);
}

static void test_load(const struct table *table) {
    for (int t = 0; t < 2; t++)
        for (int64_t length = 1; length <= LONGEST; length += 6)
            check_load(table, types[t], length, length % 4 == 1 ? AT_END : AT_START);
}

Test(halves, every_one_is_read_exactly) {
    for_each_table(test_load);
}

/* A zero's sign counts too. */
static int same_half(uint16_t a, uint16_t b, int32_t dtype) {
    return a == b || (isnan(half_value(a, dtype)) && isnan(half_value(b, dtype)));
}

static int element_is_kept(uint16_t bits, int32_t dtype) {
    float got = dtype == SA_BF16 ? float_of_bf16(bits) : float_of_f16(bits);
    uint16_t back = dtype == SA_BF16 ? bf16_of_float(got) : f16_of_float(got);
    double value = half_value(bits, dtype);
    return excess(got, value, 0) == 0 && !signbit(got) == !signbit(value) && same_half(back, bits, dtype);
}

Test(halves, every_one_comes_back) {
    int lost = 0;
    for (uint32_t bits = 0; bits < 65536; bits++)
        for (int t = 0; t < 2; t++) lost += !element_is_kept((uint16_t)bits, types[t]);
    cr_assert_eq(lost, 0, "%d of all 16-bit numbers are read or written wrongly", lost);
}

enum { MOST_FLOATS = 1 << 20 };
struct floats {
    float *x;
    uint16_t *want;
    int64_t n;
};

static void add_float(struct floats *f, double value, int32_t dtype) {
    f->x[f->n] = (float)value;
    f->want[f->n++] = half_nearest((float)value, dtype);
}

/* The float and its neighbours. */
static void add_around(struct floats *f, double value, int32_t dtype) {
    float x = (float)value;
    add_float(f, x, dtype);
    add_float(f, nextafterf(x, INFINITY), dtype);
    add_float(f, nextafterf(x, -INFINITY), dtype);
}

static struct floats floats_make(int32_t dtype) {
    struct floats f = {malloc(MOST_FLOATS * sizeof *f.x), malloc(MOST_FLOATS * sizeof *f.want), 0};
    for (uint32_t bits = 0; bits < 65535; bits++) {
        double value = half_value((uint16_t)bits, dtype), next = half_value((uint16_t)(bits + 1), dtype);
        if (isfinite(value)) add_around(&f, value, dtype);
        if (isfinite(value) && isfinite(next)) add_around(&f, (value + next) / 2, dtype);
    }
    static const float odd[] = {INFINITY, FLT_MAX, 65520, 65519.996f, FLT_MIN, FLT_TRUE_MIN, 0x1p-25f, 0x1.8p-25f};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        add_around(&f, odd[i], dtype);
        add_around(&f, -odd[i], dtype);
    }
    for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += 40009) /* NaN of many kinds too */
        add_float(&f, float_of_bits((uint32_t)bits), dtype);
    return f;
}

static void check_store(const struct table *table, const struct floats *f, int32_t dtype, int64_t length,
                        int64_t side) {
    int64_t wrong = 0, first = -1, alone = 1;
    for (int64_t at = 0; at < f->n; at += length) {
        int64_t n = at + length < f->n ? length : f->n - at;
        struct halves to = halves_make(n, side);
        struct row from = row_make(n, side);
        memcpy(from.x, f->x + at, (size_t)n * sizeof *from.x);
        table->kernels->rows->store(to.x, dtype, from.x, n);
        for (int64_t i = 0; i < n; i++)
            if (!same_half(to.x[i], f->want[at + i], dtype) && wrong++ == 0) first = at + i;
        alone &= halves_are_alone(&to);
        row_free(&to.row);
        row_free(&from);
    }
    EXPECT(wrong == 0, "%s, %s, rows of %lld: %lld wrong, the first %a, which rounds to %#x", table->name,
           type_names[dtype], (long long)length, (long long)wrong, (double)f->x[first], f->want[first]);
    EXPECT(alone, "%s, %s: written outside of a row of %lld", table->name, type_names[dtype], (long long)length);
}

static struct floats floats;
static int32_t floats_type;

/* Each float stands once in whole registers and once behind them. */
static void test_store(const struct table *table) {
    check_store(table, &floats, floats_type, 128, AT_END);
    check_store(table, &floats, floats_type, 7, AT_END);
    check_store(table, &floats, floats_type, 129, AT_START);
    for (int64_t length = 1; length <= LONGEST; length++) {
        struct floats some = {floats.x + length * 1000, floats.want + length * 1000, 3 * length};
        check_store(table, &some, floats_type, length, length % 2 ? AT_END : AT_START);
    }
}

static void test_stores(int32_t dtype) {
    floats = floats_make(dtype);
    floats_type = dtype;
    for_each_table(test_store);
    free(floats.x);
    free(floats.want);
}

Test(halves, floats_are_rounded_to_the_nearest_bf16) {
    test_stores(SA_BF16);
}

Test(halves, floats_are_rounded_to_the_nearest_f16) {
    test_stores(SA_F16);
}
