/* Plain C: what each kernel means.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <math.h>

static float row_max(const float *x, int64_t n) {
    float max = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        if (x[i] > max) max = x[i];
    return max;
}

static float row_exp_sum(float *x, int64_t n, float max) {
    float sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] = expf(x[i] - max);
    return sum;
}

static void row_scale(float *x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

static void row_scale_to(float *y, const float *x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * factor;
}

static void row_softcap(float *x, int64_t n, float cap) {
    for (int64_t i = 0; i < n; i++) x[i] = cap * tanhf(x[i] / cap);
}

static int row_finite(const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

static void transpose(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded) {
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < padded; r++) out[c * ld + r] = r < rows ? in[r * stride + c] : 0;
}

const struct kernels kernels_ref = {
    .isa = SA_ISA_PORTABLE,
    .row_max = row_max,
    .row_exp_sum = row_exp_sum,
    .row_scale = row_scale,
    .row_scale_to = row_scale_to,
    .row_softcap = row_softcap,
    .row_finite = row_finite,
    .transpose = transpose,
};
