/* Kernels of linear attention: products of small row-major matrices, whose columns w < width are contiguous, and what
 * stands between them. a[i,d] is a[i * lda + d * along]; b[d,w] is b[d * ldb + w]; out and x likewise with ldo and ldx.
 *
 *   name       arguments                       effect, for i < rows, w < width                                   note
 *   ----------------------------------------------------------------------------------------------------------------
 *   product    out ldo keep step a lda along   out[i,w] = keep[i * step] * out[i,w] + sum over d < n of
 *              b ldb n rows width                         a[i,d] * b[d,w]                                         1 2
 *   triangle   out ldo a lda b ldb rows width  out[i,w] += sum over j <= i of a[i,j] * b[j,w]                       1
 *   solve      x ldx a lda rows width          x[i,w] += sum over j < i of a[i,j] * x[j,w], in ascending order      1
 *   decayed    sums x ldx a lda k n rows       sums[i] = sum over d < n of x[i,d] * k[d] * product over
 *                                                        1 <= m <= i of a[m,d]
 *   convolve   out x w ld taps rows width      out[i,w] = out[i,w] + sum over j < taps of w[j,w] * x[i + j,w]     1 3
 *   map        x n kind                        x[i] = feature map of x[i], i < n                                    4
 *
 *   1   width is a multiple of LINEAR_UNIT. What is not named in the sum is not read, so a NaN there does no harm.
 *   2   keep may be NULL: out is not read then. The order of the sum depends on n and rows alone.
 *   3   ld is that of out, x and w.
 *   4   kind is SA_FEATURES_IDENTITY, _ELU (x + 1, or exp(x) below 0), _RELU or _SQUARE. exp as by row_kernels.exp_sum.
 *
 * Errors are those of sums of floats: every product's rounding, and that of every sum.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_LINEAR_H
#define SA_KERNEL_LINEAR_H

#include <stdint.h>

enum { LINEAR_UNIT = 16 };

struct linear_kernels {
    void (*product)(float *out, int64_t ldo, const float *keep, int64_t step, const float *a, int64_t lda,
                    int64_t along, const float *b, int64_t ldb, int64_t n, int64_t rows, int64_t width);
    void (*triangle)(float *out, int64_t ldo, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t rows,
                     int64_t width);
    void (*solve)(float *x, int64_t ldx, const float *a, int64_t lda, int64_t rows, int64_t width);
    void (*decayed)(float *sums, const float *x, int64_t ldx, const float *a, int64_t lda, const float *k, int64_t n,
                    int64_t rows);
    void (*convolve)(float *out, const float *x, const float *w, int64_t ld, int64_t taps, int64_t rows, int64_t width);
    void (*map)(float *x, int64_t n, int32_t kind);
};

#endif
