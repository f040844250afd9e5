/* SPDX-License-Identifier: MIT */
#include "stack/activation.h"

#include <math.h>

static void relu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

static void hyperbolic_tangent(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = tanhf(x[i]);
}

void activate(const struct kernels *kernels, enum activation f, float *x, int64_t n) {
    switch (f) {
    case ACTIVATION_GELU:
        kernels->rows->gelu(x, n);
        break;
    case ACTIVATION_GELU_TANH:
        kernels->rows->gelu_tanh(x, n);
        break;
    case ACTIVATION_SILU:
        kernels->rows->silu(x, n);
        break;
    case ACTIVATION_TANH:
        hyperbolic_tangent(x, n);
        break;
    default: /* ACTIVATION_RELU */
        relu(x, n);
    }
}
