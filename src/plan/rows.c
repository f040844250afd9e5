/* SPDX-License-Identifier: MIT */
#include "plan/rows.h"

#include <string.h>

void row_in(const struct kernels *kernels, const struct view *v, const void *row, int64_t first, float *x, int64_t n) {
    const char *at = (const char *)row + first * v->stride_d * element_size(v->dtype);
    if (v->stride_d == 1 && v->dtype == SA_F32)
        memcpy(x, at, (size_t)n * sizeof *x);
    else if (v->stride_d == 1)
        kernels->rows->load(x, at, v->dtype, n);
    else
        for (int64_t i = 0; i < n; i++) x[i] = view_load(v, at, i);
}

void row_out(const struct kernels *kernels, const struct view *v, void *row, int64_t first, const float *x, int64_t n) {
    char *at = (char *)row + first * v->stride_d * element_size(v->dtype);
    if (v->stride_d == 1 && v->dtype == SA_F32)
        memcpy(at, x, (size_t)n * sizeof *x);
    else if (v->stride_d == 1)
        kernels->rows->store(at, v->dtype, x, n);
    else
        for (int64_t i = 0; i < n; i++) view_store(v, at, i, x[i]);
}
