/* SPDX-License-Identifier: MIT */
#include "blas/gemm.h"

void gemm_plain(const struct gemm_shape *shape, const float *a, const float *b, float beta, float *c) {
    for (int64_t i = 0; i < shape->m; i++)
        for (int64_t j = 0; j < shape->n; j++) {
            float sum = 0;
            for (int64_t p = 0; p < shape->k; p++)
                sum += a[i * shape->lda + p] * b[shape->transposed_b ? j * shape->ldb + p : p * shape->ldb + j];
            float *out = &c[i * shape->ldc + j];
            *out = sum + (beta != 0 ? beta * *out : 0);
        }
}
