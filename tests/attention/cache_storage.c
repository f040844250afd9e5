/* What a cache gives back of the numbers it was given, by the type it stores.
 * SPDX-License-Identifier: MIT */
#include "attention/cache_pair.h"
#include "support/half.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 300, SIZE = 37, COUNT = ROWS * SIZE };

/* Normal numbers of many magnitudes. */
static void fill(float *x, double magnitudes) {
    struct rng rng = {5};
    for (int i = 0; i < COUNT; i++) x[i] = (float)(rng_normal(&rng) * pow(10, (rng_unit(&rng) - .5) * magnitudes));
}

Test(cache_storage, of_f32_is_exact) {
    static float x[COUNT], got[COUNT];
    sa_ctx *ctx = reader_open();
    fill(x, 78);
    stored_as(ctx, SA_F32, x, ROWS, SIZE, got);
    cr_expect(!memcmp(x, got, sizeof x));
    sa_ctx_destroy(&ctx);
}

Test(cache_storage, of_halves_rounds_to_the_nearest) {
    static float x[COUNT], got[COUNT];
    sa_ctx *ctx = reader_open();
    for (int32_t dtype = SA_BF16; dtype <= SA_F16; dtype++) {
        int wrong = 0;
        fill(x, dtype == SA_F16 ? 14 : 78);
        stored_as(ctx, dtype, x, ROWS, SIZE, got);
        for (int i = 0; i < COUNT; i++) wrong += (double)got[i] != half_value(half_nearest((double)x[i], dtype), dtype);
        cr_expect_eq(wrong, 0, "dtype %d: %d numbers are rounded otherwise", dtype, wrong);
    }
    sa_ctx_destroy(&ctx);
}

/* Multiples of a 127th of the largest, and none further away than 0.4 % of that. */
Test(cache_storage, of_bytes_is_within_its_bound) {
    static float x[COUNT], got[COUNT];
    double worst = 0, uneven = 0;
    sa_ctx *ctx = reader_open();
    fill(x, 6);
    stored_as(ctx, SA_I8, x, ROWS, SIZE, got);
    for (int row = 0; row < ROWS; row++) {
        double largest = 0;
        for (int i = 0; i < SIZE; i++) largest = fmax(largest, fabs((double)x[row * SIZE + i]));
        for (int i = 0; i < SIZE; i++) {
            double steps = (double)got[row * SIZE + i] / largest * 127;
            worst = fmax(worst, fabs((double)got[row * SIZE + i] - (double)x[row * SIZE + i]) / largest);
            uneven = fmax(uneven, fabs(steps - rint(steps)));
        }
    }
    cr_expect(worst < .004 && worst > .003, "the worst error is %g of the largest element", worst);
    cr_expect(uneven < 1e-4, "a number is %g steps from a multiple of the scale", uneven);
    sa_ctx_destroy(&ctx);
}

/* Bytes have no NaN; the whole row shows it. */
Test(cache_storage, keeps_nan_and_infinity) {
    const float odd[] = {NAN, INFINITY, -INFINITY};
    const int places[] = {0, 20, SIZE - 1};
    sa_ctx *ctx = reader_open();
    for (int32_t dtype = SA_F32; dtype <= SA_I8; dtype++)
        for (int o = 0; o < 3; o++)
            for (int p = 0; p < 3 && dtype != SA_BOOL; p++) {
                float x[2 * SIZE] = {0}, got[2 * SIZE];
                for (int i = 0; i < 2 * SIZE; i++) x[i] = (float)i + 1;
                x[places[p]] = odd[o];
                stored_as(ctx, dtype, x, 2, SIZE, got);
                float there = got[places[p]];
                cr_expect(dtype == SA_I8 || isnan(odd[o]) ? isnan(there) : there == odd[o], "dtype %d, %g at %d: %g",
                          dtype, (double)odd[o], places[p], (double)there);
                for (int i = SIZE; i < 2 * SIZE; i++) cr_expect(isfinite(got[i]), "the next row is not touched");
            }
    sa_ctx_destroy(&ctx);
}

/* Keys and values that come in one type and are kept in another. */
Test(cache_storage, takes_every_type) {
    static uint16_t halves[COUNT];
    static float wide[COUNT], got[COUNT], want[COUNT];
    struct rng rng = {6};
    sa_ctx *ctx = reader_open();
    for (int32_t given = SA_BF16; given <= SA_F16; given++)
        for (int32_t kept = SA_F32; kept <= SA_I8; kept++) {
            if (kept == SA_BOOL) continue;
            for (int i = 0; i < COUNT; i++) {
                halves[i] = (uint16_t)(0x3c00 + rng_below(&rng, 0x400) + 0x8000 * rng_below(&rng, 2));
                wide[i] = (float)half_value(halves[i], given);
            }
            stored_as(ctx, kept, wide, ROWS, SIZE, want);
            stored_tensor(ctx, kept, halves, given, ROWS, SIZE, got);
            cr_expect(!memcmp(got, want, sizeof got), "dtype %d kept as %d", given, kept);
        }
    sa_ctx_destroy(&ctx);
}
