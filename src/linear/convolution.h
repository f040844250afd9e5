/* A causal convolution along the tokens, channel by channel. A task is a stretch of channels of one sequence.
 * SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_CONVOLUTION_H
#define SA_LINEAR_CONVOLUTION_H

#include "plan/machine.h"
#include "plan/problem.h"

struct convolution {
    int64_t B, T, C, taps;
    struct view x, weight, bias, y; /* bias.data NULL: none */
    struct view state;              /* [B,1,taps-1,C], data NULL: zeros, and nothing is kept */
    int silu;
};

/* Bytes of scratch memory; -1 if they do not fit. */
int64_t convolution_bytes(const struct machine *machine, const struct convolution *c);
void convolution_run(const struct machine *machine, const struct convolution *c, void *scratch);

#endif
