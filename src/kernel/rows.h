/* Kernels on rows: contiguous, of any length n >= 0, at any alignment; nothing is read or written outside of the n
 * elements. "Exact" results have the bits of ref/; the others are within the bound of their note.
 *
 *   name        arguments                            effect, for i < n                            note
 *   -------------------------------------------------------------------------------------------------
 *   max         x n                               -> largest of x, -infinity for n == 0           exact 1
 *   exp_sum     x n max                              x[i] = exp(x[i] - max) -> their sum          2
 *   scale       x n factor                           x[i] = x[i] * factor                         exact
 *   scale_to    y x n factor                         y[i] = x[i] * factor                         exact 3
 *   softcap     x n cap                              x[i] = cap * tanh(x[i] / cap)                4
 *   gelu        x n                                  x[i] = x/2 erfc(-x / sqrt 2)                 5
 *   gelu_tanh   x n                                  x[i] = x/2 (1 + tanh(sqrt(2/pi)
 *                                                                  (x + 0.044715 x^3)))           5
 *   silu        x n                                  x[i] = x / (1 + exp(-x))                     5
 *   multiply    x y n                                x[i] = x[i] * y[i]                           exact
 *   add         x term n                             x[i] = x[i] + term                           exact
 *   add_mask    x bias n                             x[i] = x[i] + bias[i]                        exact 6
 *   load        y x dtype n                          y[i] = x[i], from a 16-bit type              exact 7
 *   load_bytes  y x scale n                          y[i] = x[i] * scale, from bytes              exact
 *   store       y dtype x n                          y[i] = x[i], to a 16-bit type                exact 7
 *   below       x n limit                         -> 1 if every |x[i]| < limit, else 0            exact 8
 *   dots        y ldy w dtype ld outs x ldx rows n   y[r * ldy + o] =
 *                                                      sum over i of w[o * ld + i] * x[r * ldx + i]  9
 *   transpose   out ld in stride rows columns padded out[c * ld + r] = in[r * stride + c]         exact 10
 *
 *   1   NaN elements are ignored or returned.
 *   2   Each exp within 1 ULP; exp(-infinity) is exactly 0, exp(0) exactly 1, NaN stays NaN, results below 2^-126 may
 *       be 0. The sum is the same when elements of -infinity are appended, or prepended by multiples of SUM_UNIT: it
 *       does not depend on how many hidden keys stand around the visible ones.
 *   3   x and y are equal or do not overlap.
 *   4   cap > 0. Absolute error within 4e-7 * cap, relative error within 1e-6 where x[i] / cap is a normal number.
 *   5   Absolute error within 4e-7 * |x| + 2^-149; gelu and silu also within 2e-5 of the result where that is a normal
 *       number. NaN stays NaN, infinity infinity; -infinity is NaN. gelu and gelu_tanh: Hendrycks and Gimpel,
 *       "Gaussian Error Linear Units", 2016.
 *   6   -infinity wherever bias[i] is, whatever x[i] is. Where bias[i] is NaN the result is C's NAN, whose lower half
 *       is 0, as matrix_kernels.softmax wants it.
 *   7   dtype is SA_BF16 or SA_F16. To store rounds to nearest even; overflow gives infinity, NaN stays NaN.
 *   8   limit > 0. A NaN is not below.
 *   9   For r < rows, o < outs; w is of dtype SA_F32, SA_BF16 or SA_F16. The order of a sum depends on n alone.
 *  10   For r < rows, c < columns; 0 for rows <= r < padded <= ld.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_ROWS_H
#define SA_KERNEL_ROWS_H

#include <stdint.h>

enum { SUM_UNIT = 32 };

struct row_kernels {
    float (*max)(const float *x, int64_t n);
    float (*exp_sum)(float *x, int64_t n, float max);
    void (*scale)(float *x, int64_t n, float factor);
    void (*scale_to)(float *y, const float *x, int64_t n, float factor);
    void (*softcap)(float *x, int64_t n, float cap);
    void (*gelu)(float *x, int64_t n);
    void (*gelu_tanh)(float *x, int64_t n);
    void (*silu)(float *x, int64_t n);
    void (*multiply)(float *x, const float *y, int64_t n);
    void (*add)(float *x, float term, int64_t n);
    void (*add_mask)(float *x, const float *bias, int64_t n);
    void (*load)(float *y, const void *x, int32_t dtype, int64_t n);
    void (*load_bytes)(float *y, const int8_t *x, float scale, int64_t n);
    void (*store)(void *y, int32_t dtype, const float *x, int64_t n);
    int (*below)(const float *x, int64_t n, float limit);
    void (*dots)(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t ld, int64_t outs, const float *x,
                 int64_t ldx, int64_t rows, int64_t n);
    int64_t most_dots;      /* products of more rows are faster by lanes; */
    int64_t most_bf16_dots; /* with weights of SA_BF16, products of more than these */
    void (*transpose)(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded);
};

#endif
