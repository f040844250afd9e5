/* A call of sa_attention_backward(): all gradients that a problem has, in memory of their own.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BACKWARD_H
#define TESTS_SUPPORT_BACKWARD_H

#include "support/oracle_backward.h"

/* The gradient of the output is random; arrays are numbered as the oracle's. */
struct backward_call {
    sa_attention_gradients args;
    float *upstream, *got[ORACLE_GRADIENTS];
    int64_t count[ORACLE_GRADIENTS];
};

void backward_make(struct backward_call *call, const sa_attention_args *forward, uint64_t seed);
void backward_free(struct backward_call *call);

/* Fills the gradients with NaN, runs the forward pass and then the backward pass. Ends the test on an error. */
void backward_call_run(struct backward_call *call, sa_ctx *ctx, const sa_attention_args *forward, const char *what);

extern const char *const gradient_names[ORACLE_GRADIENTS];

#endif
