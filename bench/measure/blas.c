/* SPDX-License-Identifier: MIT */
#include "measure/blas.h"

#include <cblas.h>

#define WEAK __attribute__((weak))
extern WEAK void openblas_set_num_threads(int threads);
extern WEAK void bli_thread_set_num_threads(intptr_t threads);

void blas_use_threads(int threads) {
    if (openblas_set_num_threads) openblas_set_num_threads(threads);
    if (bli_thread_set_num_threads) bli_thread_set_num_threads(threads);
}

void blas_use_one_thread(void) {
    blas_use_threads(1);
}

void sgemm_ab(int64_t m, int64_t n, int64_t k, float alpha, struct matrix a, struct matrix b, struct matrix c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, alpha, a.data, (int)a.row, b.data,
                (int)b.row, 0, c.data, (int)c.row);
}

void sgemm_abt(int64_t m, int64_t n, int64_t k, float alpha, struct matrix a, struct matrix b, struct matrix c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, alpha, a.data, (int)a.row, b.data,
                (int)b.row, 0, c.data, (int)c.row);
}

void sgemm_abt_add(int64_t m, int64_t n, int64_t k, struct matrix a, struct matrix b, struct matrix c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a.data, (int)a.row, b.data,
                (int)b.row, 1, c.data, (int)c.row);
}

void sgemv_add(int64_t m, int64_t n, struct matrix a, const float *x, float *y) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)m, (int)n, 1, a.data, (int)a.row, x, 1, 1, y, 1);
}
