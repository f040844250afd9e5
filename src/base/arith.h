/* Integer arithmetic on sizes: checked products and sums, rounding, minimum and maximum.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_ARITH_H
#define SA_BASE_ARITH_H

#include <stdint.h>

/* Largest size or leading dimension of a matrix product: a BLAS counts in int. */
enum { GEMM_MAX = INT32_MAX };

/* *out = a * b; 0 if that does not fit (then *out is unspecified), 1 if it does. */
static inline int checked_mul(int64_t a, int64_t b, int64_t *out) {
    return !__builtin_mul_overflow(a, b, out);
}

static inline int checked_add(int64_t a, int64_t b, int64_t *out) {
    return !__builtin_add_overflow(a, b, out);
}

static inline int64_t min_i64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* n / unit, rounded up, for n >= 0. */
static inline int64_t ceil_div(int64_t n, int64_t unit) {
    return n / unit + (n % unit > 0);
}

/* Smallest multiple of `unit` that is >= n, for n >= 0; that multiple has to be in range. */
static inline int64_t round_up(int64_t n, int64_t unit) {
    return ceil_div(n, unit) * unit;
}

#endif
