/* SPDX-License-Identifier: MIT */
#include "stack/activation.h"

#include <math.h>

static void relu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

static void hyperbolic_tangent(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = tanhf(x[i]);
}

static void relu_squared(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i] * x[i];
}

/* SiLU of 1.702 x, over 1.702. */
static void quick_gelu(const struct kernels *kernels, float *x, int64_t n) {
    const double steepness = 1.702;
    kernels->rows->scale(x, n, (float)steepness);
    kernels->rows->silu(x, n);
    kernels->rows->scale(x, n, (float)(1 / steepness));
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
    case ACTIVATION_RELU2:
        relu_squared(x, n);
        break;
    case ACTIVATION_QUICK_GELU:
        quick_gelu(kernels, x, n);
        break;
    default: /* ACTIVATION_RELU */
        relu(x, n);
    }
}
