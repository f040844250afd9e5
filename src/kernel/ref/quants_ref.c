/* Plain C: the definition of each kernel on quantised weights.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/quantised.h"
#include "kernel/quants.h"

#include <math.h>

static void widen(float *y, const void *w, int32_t dtype, int64_t n) {
    blocks_widen(y, w, dtype, 0, n);
}

static const void *weight_row(const void *w, int32_t dtype, int64_t n, int64_t row) {
    return (const char *)w + row * weight_bytes(dtype, n);
}

static void dots(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t outs, const float *x, int64_t ldx,
                 int64_t rows, int64_t n) {
    float weights[MOST_BLOCK_ELEMENTS];
    const int64_t unit = block_type(dtype)->elements;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < outs; o++) {
            float sum = 0;
            for (int64_t i = 0; i < n; i += unit) {
                blocks_widen(weights, weight_row(w, dtype, n, o), dtype, i, unit);
                for (int64_t j = 0; j < unit; j++) sum += weights[j] * x[r * ldx + i + j];
            }
            y[r * ldy + o] = sum;
        }
}

/* The scale of ROUNDED_UNIT numbers; bytes are all 0 where *inverse becomes 0. */
static float scale_of(const float *x, float *inverse) {
    float most = 0, nothing = 0;
    for (int64_t j = 0; j < ROUNDED_UNIT; j++) {
        most = fmaxf(most, fabsf(x[j]));
        nothing += x[j] * 0; /* NaN where x[j] is not finite */
    }
    *inverse = nothing == 0 && most >= LEAST_ROUNDED ? 127 / most : 0;
    return *inverse > 0 ? most / 127 : nothing;
}

static void round_row(void *rounded, const float *x, int64_t n) {
    const struct rounded_row row = rounded_row(rounded, n);
    for (int64_t i = 0; i < n; i += ROUNDED_UNIT) {
        float inverse;
        row.scales[i / ROUNDED_UNIT] = scale_of(x + i, &inverse);
        for (int64_t j = i; j < i + ROUNDED_UNIT; j++)
            row.bytes[j] = (int8_t)(inverse > 0 ? nearbyintf(x[j] * inverse) : 0);
    }
    for (int64_t i = 0; i < n; i += 4)
        row.minus_sums[i / 4] = -(row.bytes[i] + row.bytes[i + 1] + row.bytes[i + 2] + row.bytes[i + 3]);
    round_sums(&row, n);
}

static float rounded_dot(const void *w, int32_t dtype, const void *rounded, int64_t n) {
    float weights[ROUNDED_UNIT], total = 0;
    const int8_t *bytes = rounded;
    const float *scales = (const float *)(bytes + n);
    for (int64_t i = 0; i < n; i += ROUNDED_UNIT) {
        float sum = 0;
        blocks_widen(weights, w, dtype, i, ROUNDED_UNIT);
        for (int64_t j = 0; j < ROUNDED_UNIT; j++) sum += weights[j] * (float)bytes[i + j];
        total += sum * scales[i / ROUNDED_UNIT];
    }
    return total;
}

static void rounded_dots(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t outs, const void *rounded,
                         int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < outs; o++)
            y[r * ldy + o] =
                rounded_dot(weight_row(w, dtype, n, o), dtype, (const char *)rounded + r * rounded_bytes(n), n);
}

const struct quant_kernels quants_ref = {
    .most_rounded = 16, .widen = widen, .dots = dots, .round = round_row, .rounded_dots = rounded_dots};
