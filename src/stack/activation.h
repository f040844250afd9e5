/* Activation functions of feed-forward sub-layers.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_ACTIVATION_H
#define SA_STACK_ACTIVATION_H

#include "describe/config.h"
#include "kernel/kernel.h"

/* x[i] = f(x[i]), as exact as the kernels say. */
void activate(const struct kernels *kernels, enum activation f, float *x, int64_t n);

#endif
