/* A build without a BLAS: SELFATTN_BLAS=none.
 * SPDX-License-Identifier: MIT */
#include "blas/gemm.h"

const char *blas_load(void) {
    return "this library was built with SELFATTN_BLAS=none";
}

/* Never called, since blas_load() fails. */
void gemm_blas(const struct gemm_shape *s, const float *a, const float *b, float beta, float *c) {
    gemm_plain(s, a, b, beta, c);
}

void blas_enter(gemm_fn gemm) {
    (void)gemm;
}

void blas_leave(gemm_fn gemm) {
    (void)gemm;
}

int blas_is_described(void) {
    return 1;
}

const char *blas_description(void) {
    return "none";
}
