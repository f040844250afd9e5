/* Which operators can be run, a file each.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_OPERATORS_H
#define TESTS_CONFORMANCE_OPERATORS_H

#include "verdict.h"

struct operation {
    const char *name;
    const char *const *attributes, *const *values, *const *dtypes; /* all that run() knows; they end with NULL */
    int products;                                            /* whether the precision of the context bears on it */
    struct verdict (*run)(sa_ctx *ctx, struct test_case *c); /* skips what cannot be expressed, with the reason */
};

extern const struct operation attention_operation, attention_backward_operation, flex_attention_operation,
    rotary_operation, layer_norm_operation, rms_norm_operation, gelu_operation, swish_operation, swiglu_operation,
    softmax_operation, linear_attention_operation, causal_conv_operation, tensor_scatter_operation;

/* NULL where the library has no such operator. */
const struct operation *operation_named(const char *name);

/* Runs a case that asks for nothing unknown, else skips it with the reason. */
struct verdict operation_run(const struct operation *o, sa_ctx *ctx, struct test_case *c);

#endif
