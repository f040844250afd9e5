/* Activation functions of feed-forward parts.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_ACTIVATION_H
#define SA_MODEL_ACTIVATION_H

#include "kernel/kernel.h"

enum activation {
    ACTIVATION_RELU,      /* max(x, 0) */
    ACTIVATION_GELU,      /* x/2 * (1 + erf(x / sqrt 2)), the exact form */
    ACTIVATION_GELU_TANH, /* x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), the usual approximation */
    ACTIVATION_SILU       /* x / (1 + exp(-x)) */
};

/* x[i] = f(x[i]), as exact as the kernels say. */
void activate(const struct kernels *kernels, enum activation f, float *x, int64_t n);

#endif
