/* SPDX-License-Identifier: MIT */
#include "model/activation.h"

#include <math.h>

static void relu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

static void gelu(float *x, int64_t n) {
    const float root_half = 0.70710678118654752f;
    for (int64_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * root_half));
}

static void gelu_tanh(float *x, int64_t n) {
    const float root = 0.79788456080286536f; /* sqrt(2 / pi) */
    for (int64_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + tanhf(root * (x[i] + 0.044715f * x[i] * x[i] * x[i])));
}

static void silu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] / (1 + expf(-x[i]));
}

void activate(enum activation f, float *x, int64_t n) {
    static void (*const functions[])(float *, int64_t) = {relu, gelu, gelu_tanh, silu};
    functions[f](x, n);
}
