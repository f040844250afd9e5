/* Row-major single-precision matrix product, and the control of the BLAS's threads.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BLAS_GEMM_H
#define SA_BLAS_GEMM_H

#include <stdint.h>

/* Sizes and leading dimensions of one product. */
struct gemm_shape {
    int64_t m, n, k;       /* C is m x n, the sum runs over k */
    int64_t lda, ldb, ldc; /* elements from one row to the next */
    int transposed_b;      /* B is given as n x k */
};

/* C = A B + beta * C, with A m x k, B k x n (or n x k, transposed), C m x n, all row-major. beta == 0 does not read C.
 */
typedef void (*gemm_fn)(const struct gemm_shape *shape, const float *a, const float *b, float beta, float *c);

/* By cblas_sgemm, on the calling thread alone. Needs blas_load() to have succeeded, and has to run between blas_enter()
 * and blas_leave(). */
void gemm_blas(const struct gemm_shape *shape, const float *a, const float *b, float beta, float *c);

/* Three loops in plain C: the definition. */
void gemm_plain(const struct gemm_shape *shape, const float *a, const float *b, float beta, float *c);

/* Loads the BLAS, the first time. NULL, or why there is none: a static string. Any thread. */
const char *blas_load(void);

/* Between the two calls, the process's BLAS uses one thread if `gemm` is gemm_blas(). When the last such caller has
 * left, the host's setting is restored. For others they do nothing. Any thread may call them. */
void blas_enter(gemm_fn gemm);
void blas_leave(gemm_fn gemm);

/* Whether blas_description() is the last one. */
int blas_is_described(void);

/* Which BLAS was loaded: "OpenBLAS 0.3.21 ... SkylakeX, pthread", or that none was, yet. It loads nothing. A static
 * string. */
const char *blas_description(void);

#endif
