/* Plain C: the definition of each kernel of linear attention.
 * SPDX-License-Identifier: MIT */
#include "kernel/kernel.h"
#include "selfattn.h"

#include <math.h>
#include <stddef.h>

static void product(float *out, int64_t ldo, const float *keep, int64_t step, const float *a, int64_t lda,
                    int64_t along, const float *b, int64_t ldb, int64_t n, int64_t rows, int64_t width) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t w = 0; w < width; w++) {
            float sum = keep ? keep[i * step] * out[i * ldo + w] : 0;
            for (int64_t d = 0; d < n; d++) sum += a[i * lda + d * along] * b[d * ldb + w];
            out[i * ldo + w] = sum;
        }
}

static void triangle(float *out, int64_t ldo, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t rows,
                     int64_t width) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j <= i; j++)
            for (int64_t w = 0; w < width; w++) out[i * ldo + w] += a[i * lda + j] * b[j * ldb + w];
}

static void solve(float *x, int64_t ldx, const float *a, int64_t lda, int64_t rows, int64_t width) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < i; j++)
            for (int64_t w = 0; w < width; w++) x[i * ldx + w] += a[i * lda + j] * x[j * ldx + w];
}

static void decayed(float *sums, const float *x, int64_t ldx, const float *a, int64_t lda, const float *k, int64_t n,
                    int64_t rows) {
    for (int64_t i = 0; i < rows; i++) sums[i] = 0;
    for (int64_t d = 0; d < n; d++) {
        float key = k[d];
        for (int64_t i = 0; i < rows; i++) {
            if (i) key *= a[i * lda + d];
            sums[i] += key * x[i * ldx + d];
        }
    }
}

static void convolve(float *out, const float *x, const float *w, int64_t ld, int64_t taps, int64_t rows,
                     int64_t width) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < taps; j++)
            for (int64_t c = 0; c < width; c++) out[i * ld + c] += w[j * ld + c] * x[(i + j) * ld + c];
}

static float feature(float x, int32_t kind) {
    switch (kind) {
    case SA_FEATURES_ELU:
        return x < 0 ? expf(x) : x + 1;
    case SA_FEATURES_RELU:
        return x < 0 ? 0 : x;
    case SA_FEATURES_SQUARE:
        return x * x;
    default:
        return x;
    }
}

static void map(float *x, int64_t n, int32_t kind) {
    for (int64_t i = 0; i < n; i++) x[i] = feature(x[i], kind);
}

const struct linear_kernels linear_ref = {product, triangle, solve, decayed, convolve, map};
