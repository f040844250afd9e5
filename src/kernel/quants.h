/* Kernels on quantised weights (base/quantised.h), which are read as they lie in memory, once, at any alignment. A row
 * of n weights is a whole number of blocks, and rows lie one behind the other without gaps. `dtype` is SA_Q4_0 ...
 * SA_MXFP4.
 *
 *   name           arguments                     effect, for i < n, r < rows, o < outs                         note
 *   -----------------------------------------------------------------------------------------------------------------
 *   widen          y w dtype n                   y[i] = w[i]                                                exact 1
 *   dots           y ldy w dtype outs            y[r * ldy + o] = sum over i of w[o][i] * x[r * ldx + i]           2
 *                  x ldx rows n
 *   round          rounded x n                   x[i] is about scale * byte                                  exact 3
 *   rounded_dots   y ldy w dtype outs            the same as dots, of rows as round leaves them                    4
 *                  rounded rows n
 *
 *   1   But for the sign of 0.
 *   2   Weights are widened exactly and multiplied as floats. The order of a sum depends on n and dtype alone.
 *   3   `rounded` has rounded_bytes(n) bytes, aligned to 4: see struct rounded_row. With most = the largest |x[i]| of
 *       32, scale = most / 127 and byte = x[i] * (127 / most), to the nearest integer, of two the even one. Where most
 *       < LEAST_ROUNDED, scale and bytes are 0. Where an x[i] is not finite, scale is NaN and bytes are 0.
 *   4   rounded_bytes(n) from row to row. For each 32 inputs, or 16 where these have a factor of their own, the sum of
 *       integers times bytes is exact; such sums times factors and scales are added as floats, and those of minimums
 *       (the m, or dmin t, of a type) are taken off, in an order that depends on n and dtype alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_QUANTS_H
#define SA_KERNEL_QUANTS_H

#include <stdint.h>

enum { ROUNDED_UNIT = 32, ROUNDED_SUM_UNIT = 16 };

#define LEAST_ROUNDED 0x1p-100f

/* The parts of a rounded row of n numbers, one behind the other. What does not depend on weights is prepared here. */
struct rounded_row {
    int8_t *bytes;       /* [n] */
    float *scales;       /* [n / ROUNDED_UNIT] */
    int32_t *minus_sums; /* [n / 4]                 -sum of four bytes */
    float *sums;         /* [n / ROUNDED_SUM_UNIT]  scale times the sum of 16 bytes; then 0 up to a multiple of 16 */
};

static inline int64_t rounded_sums(int64_t n) {
    return (n / ROUNDED_SUM_UNIT + 15) / 16 * 16;
}

static inline int64_t rounded_bytes(int64_t n) {
    return n + (n / ROUNDED_UNIT + n / 4 + rounded_sums(n)) * (int64_t)sizeof(float);
}

static inline struct rounded_row rounded_row(void *rounded, int64_t n) {
    struct rounded_row row = {.bytes = rounded};
    row.scales = (float *)(void *)(row.bytes + n);
    row.minus_sums = (int32_t *)(void *)(row.scales + n / ROUNDED_UNIT);
    row.sums = (float *)(void *)(row.minus_sums + n / 4);
    return row;
}

/* Fills in `sums` from `minus_sums` and `scales`. */
static inline void round_sums(const struct rounded_row *row, int64_t n) {
    for (int64_t k = 0; k < rounded_sums(n); k++) {
        const int32_t *four = row->minus_sums + k * 4;
        row->sums[k] = k < n / ROUNDED_SUM_UNIT ? -(float)(four[0] + four[1] + four[2] + four[3]) *
                                                      row->scales[k * ROUNDED_SUM_UNIT / ROUNDED_UNIT]
                                                : 0;
    }
}

struct quant_kernels {
    int64_t most_rounded; /* products of more rows are faster by dots */
    void (*widen)(float *y, const void *w, int32_t dtype, int64_t n);
    void (*dots)(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t outs, const float *x, int64_t ldx,
                 int64_t rows, int64_t n);
    void (*round)(void *rounded, const float *x, int64_t n);
    void (*rounded_dots)(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t outs, const void *rounded,
                         int64_t rows, int64_t n);
};

/* Plain C: the definition. */
extern const struct quant_kernels quants_ref;

#endif
