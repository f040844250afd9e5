/* The inner loops that BLAS does not offer: one table per instruction set.
 *
 * ref/kernel_ref.c is plain C and defines each entry; the other tables compute the same within the bound given here.
 * Rows are contiguous; n >= 0 is any length; nothing is read or written outside of the n elements; alignment is not
 * needed. SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_KERNEL_H
#define SA_KERNEL_KERNEL_H

#include <stdint.h>

/* See row_exp_sum. */
enum { SUM_UNIT = 32 };

struct kernels {
    int32_t isa; /* SA_ISA_... */

    /* The largest of x[0..n), -infinity for n == 0. NaN elements are ignored or returned. Exact. */
    float (*row_max)(const float *x, int64_t n);

    /* x[i] = exp(x[i] - max), returns the sum. exp(-infinity) is exactly 0, NaN stays NaN, results below 2^-126 may be
     * 0. Each exp within 2 ULP. The sum is the same when elements of -infinity are appended, or prepended by multiples
     * of SUM_UNIT, so that it does not depend on how many hidden keys stand around the visible ones. */
    float (*row_exp_sum)(float *x, int64_t n, float max);

    /* x[i] = x[i] * factor. Exact rounding. */
    void (*row_scale)(float *x, int64_t n, float factor);

    /* y[i] = x[i] * factor. Exact rounding. x and y are equal or do not overlap. */
    void (*row_scale_to)(float *y, const float *x, int64_t n, float factor);

    /* x[i] = cap * tanh(x[i] / cap), cap > 0. Absolute error within 4e-7 * cap, relative error within 1e-6 where
     * x[i] / cap is a normal number. */
    void (*row_softcap)(float *x, int64_t n, float cap);

    /* Whether all of x[0..n) are finite: 1 or 0. */
    int (*row_finite)(const float *x, int64_t n);

    /* out[c * ld + r] = in[r * stride + c] for r < rows, c < columns; and 0 for rows <= r < padded. in's rows are
     * contiguous. padded <= ld. */
    void (*transpose)(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded);
};

/* The best table that does not exceed `isa`, an SA_ISA_ number that the CPU supports. */
const struct kernels *kernels_select(int32_t isa);

/* One table per unit; NULL where the compiler could not build it. */
extern const struct kernels kernels_ref;
const struct kernels *kernels_avx2(void);
const struct kernels *kernels_avx512(void);

#endif
