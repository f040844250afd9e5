/* SPDX-License-Identifier: MIT */
#include "operators.h"

#include <string.h>

static const struct operation *const operators[] = {
    &attention_operation,
    &attention_backward_operation,
    &flex_attention_operation,
    &rotary_operation,
    &layer_norm_operation,
    &rms_norm_operation,
    &gelu_operation,
    &swish_operation,
    &swiglu_operation,
    &softmax_operation,
    &linear_attention_operation,
    &causal_conv_operation,
    &tensor_scatter_operation,
};

const struct operation *operation_named(const char *name) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (!strcmp(name, operators[i]->name)) return operators[i];
    return NULL;
}

struct verdict operation_run(const struct operation *o, sa_ctx *ctx, struct test_case *c) {
    const char *unknown = case_unknown(c, o->attributes, o->values);
    const struct value *other = case_other_dtype(c, o->dtypes);
    if (unknown) return verdict_of(SKIPPED, "\"%s\" is not known here", unknown);
    if (other) return verdict_of(SKIPPED, "dtype %s (%s)", other->dtype, other->formal);
    if (!o->products) c->norm = 0;
    return o->run(ctx, c);
}
