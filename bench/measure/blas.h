/* The BLAS for roofs and rivals: the same library that libselfattn calls, on one thread.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_BLAS_H
#define BENCH_MEASURE_BLAS_H

#include <stdint.h>

/* Holds OpenBLAS or BLIS at one thread from now on; another BLAS is left alone. */
void blas_use_one_thread(void);

/* The same with a number of threads. */
void blas_use_threads(int threads);

/* A row-major matrix; `row` is the distance of its rows. */
struct matrix {
    float *data;
    int64_t row;
};

/* C = alpha A B and C = alpha A B^T; C is m x n, the sum runs over k. */
void sgemm_ab(int64_t m, int64_t n, int64_t k, float alpha, struct matrix a, struct matrix b, struct matrix c);
void sgemm_abt(int64_t m, int64_t n, int64_t k, float alpha, struct matrix a, struct matrix b, struct matrix c);

/* C += A B^T; y += A x for A of m x n. */
void sgemm_abt_add(int64_t m, int64_t n, int64_t k, struct matrix a, struct matrix b, struct matrix c);
void sgemv_add(int64_t m, int64_t n, struct matrix a, const float *x, float *y);

#endif
