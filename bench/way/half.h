/* Numbers of 16 bits, for inputs and outputs of those types.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_HALF_H
#define BENCH_WAY_HALF_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a number of `dtype`: SA_F32, SA_BF16 or SA_F16. */
size_t dtype_size(int32_t dtype);

/* n numbers, rounded to nearest even (SA_F32: copied), on a cache line, for the caller to free(). NULL: a complaint
 * about `what` was made. */
void *narrowed(const float *x, int64_t n, int32_t dtype, const char *what);

/* The way back. Exact. */
void widen(const void *narrow, int64_t n, int32_t dtype, float *x);

#endif
