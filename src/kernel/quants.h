/* Kernels on quantised weights (base/quantised.h), which are read as they lie in memory, once, at any alignment. A row
 * of n weights is a whole number of blocks, and rows lie one behind the other without gaps. `dtype` is SA_Q4_0 ...
 * SA_IQ4_XS.
 *
 *   name           arguments                     effect, for i < n, r < rows, o < outs                         note
 *   -----------------------------------------------------------------------------------------------------------------
 *   widen          y w dtype n                   y[i] = w[i]                                                exact 1
 *   dots           y ldy w dtype outs            y[r * ldy + o] = sum over i of w[o][i] * x[r * ldx + i]           2
 *                  x ldx rows n
 *   round          rounded x n                   x[i] is about scale * byte                                        3
 *   rounded_dots   y ldy w dtype outs            the same as dots, of rows as round leaves them                    4
 *                  rounded rows n
 *
 *   1   But for the sign of 0.
 *   2   Weights are widened exactly and multiplied as floats. The order of a sum depends on n and dtype alone.
 *   3   `rounded` has rounded_bytes(n) bytes, aligned to 4: n signed bytes, then a float scale for each 32 of them,
 *       then the sum of each 16 of them as int16_t. With most = the largest |x[i]| of 32, scale = most / 127 and byte =
 *       x[i] * (127 / most), to the nearest integer, of two the even one. Where most < 2^-100, scale and bytes are 0.
 *       Where an x[i] is not finite, scale is NaN and bytes are 0.
 *   4   rounded_bytes(n) from row to row. For each 32 inputs the sum of weights times bytes is exact for all but one
 *       rounding per factor of the block; these sums times scales are added as floats, in an order that depends on n
 *       and dtype alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_QUANTS_H
#define SA_KERNEL_QUANTS_H

#include <stdint.h>

enum { ROUNDED_UNIT = 32, ROUNDED_SUM_UNIT = 16 };

static inline int64_t rounded_bytes(int64_t n) {
    return n + n / ROUNDED_UNIT * (int64_t)sizeof(float) + n / ROUNDED_SUM_UNIT * (int64_t)sizeof(int16_t);
}

struct quant_kernels {
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
