/* The calls of layers in a pass, planned and run alike.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_PASS_CALLS_H
#define SA_STACK_PASS_CALLS_H

#include "stack/pass.h"

static inline const struct stack_config *pass_config(const struct pass *p) {
    return &p->input.stack->config;
}

/* The attention of block l over the pass's rows, from x to y; both are NULL while planning. */
struct forward pass_self_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y);

/* The same for its attention to the encoder. */
struct forward pass_cross_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y);

#endif
