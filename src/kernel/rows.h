/* Kernels on rows: contiguous, of any length n >= 0; nothing is read or written outside of the n elements; alignment is
 * not needed.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_ROWS_H
#define SA_KERNEL_ROWS_H

#include <stdint.h>

/* See exp_sum. */
enum { SUM_UNIT = 32 };

struct row_kernels {
    /* The largest of x[0..n), -infinity for n == 0. NaN elements are ignored or returned. Exact. */
    float (*max)(const float *x, int64_t n);

    /* x[i] = exp(x[i] - max), returns the sum. exp(-infinity) is exactly 0, exp(0) exactly 1, NaN stays NaN, results
     * below 2^-126 may be 0. Each exp within 1 ULP. The sum is the same when elements of -infinity are appended, or
     * prepended by multiples of SUM_UNIT, so that it does not depend on how many hidden keys stand around the visible
     * ones. */
    float (*exp_sum)(float *x, int64_t n, float max);

    /* x[i] = x[i] * factor. Exact rounding. */
    void (*scale)(float *x, int64_t n, float factor);

    /* y[i] = x[i] * factor. Exact rounding. x and y are equal or do not overlap. */
    void (*scale_to)(float *y, const float *x, int64_t n, float factor);

    /* x[i] = cap * tanh(x[i] / cap), cap > 0. Absolute error within 4e-7 * cap, relative error within 1e-6 where
     * x[i] / cap is a normal number. */
    void (*softcap)(float *x, int64_t n, float cap);

    /* Activations, in place. gelu(x) = x/2 erfc(-x / sqrt 2) (Hendrycks and Gimpel, "Gaussian Error Linear Units",
     * 2016); gelu_tanh is the paper's approximation, x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))); silu(x) = x / (1 +
     * exp(-x)). Absolute error within 4e-7 * |x| + 2^-149; gelu and silu also within 2e-5 of the result where that is a
     * normal number. NaN stays NaN, infinity infinity; -infinity is NaN. */
    void (*gelu)(float *x, int64_t n);
    void (*gelu_tanh)(float *x, int64_t n);
    void (*silu)(float *x, int64_t n);

    /* x[i] = x[i] * y[i]. Exact rounding. */
    void (*multiply)(float *x, const float *y, int64_t n);

    /* x[i] = x[i] + term. Exact rounding. */
    void (*add)(float *x, float term, int64_t n);

    /* x[i] = x[i] + bias[i], but -infinity wherever bias[i] is, whatever x[i] is. Where bias[i] is NaN the result is
     * C's NAN, whose lower half is 0, as matrix_softmax wants it. */
    void (*add_mask)(float *x, const float *bias, int64_t n);

    /* y[i] = x[i] for n contiguous elements of `dtype`, SA_BF16 or SA_F16. Exact. */
    void (*load)(float *y, const void *x, int32_t dtype, int64_t n);

    /* y[i] = x[i] * scale for n bytes. Exact rounding. */
    void (*load_bytes)(float *y, const int8_t *x, float scale, int64_t n);

    /* y[i] = x[i] rounded to `dtype`, SA_BF16 or SA_F16: to nearest even, overflow to infinity, NaN stays NaN. */
    void (*store)(void *y, int32_t dtype, const float *x, int64_t n);

    /* Whether all of x[0..n) are below `limit` > 0 in magnitude (and so none is NaN): 1 or 0. */
    int (*below)(const float *x, int64_t n, float limit);

    /* y[r * ldy + o] = sum over i < n of w[o * ld + i] * x[r * ldx + i] for r < rows, o < outs; elements of w are of
     * `dtype`, SA_F32, SA_BF16 or SA_F16. The order of a sum depends on n alone. */
    void (*dots)(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t ld, int64_t outs, const float *x,
                 int64_t ldx, int64_t rows, int64_t n);

    /* out[c * ld + r] = in[r * stride + c] for r < rows, c < columns; and 0 for rows <= r < padded. in's rows are
     * contiguous. padded <= ld. */
    void (*transpose)(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded);
};

#endif
