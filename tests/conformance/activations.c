/* ONNX Gelu, Swish and SwiGLU by the activations of feed-forward parts.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "floats.h"
#include "operators.h"
#include "stack/activation.h"

#include <stdlib.h>
#include <string.h>

/* The output has the shape of the inputs; they are equal. */
static int shapes_agree(const struct test_case *c, const struct value *x) {
    const struct value *y = case_output(c, "Y");
    for (int i = 0; i < c->inputs; i++)
        if (c->input[i].rank != x->rank || memcmp(c->input[i].shape, x->shape, sizeof x->shape)) return 0;
    return y && y->elements == x->elements;
}

static struct verdict impossible(const struct test_case *c) {
    return verdict_of(FAILED, "shapes or attributes that no %s node can have", c->op);
}

static struct verdict run_gelu(sa_ctx *ctx, struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    const struct value *x = case_input(c, "X");
    const char *approximate = case_text(c, "approximate", "none");
    int tanh_form = !strcmp(approximate, "tanh");
    if (!x || !shapes_agree(c, x) || (!tanh_form && strcmp(approximate, "none"))) return impossible(c);
    float *y = floats_of(ctx, x);
    activate(ctx->machine.kernels, tanh_form ? ACTIVATION_GELU_TANH : ACTIVATION_GELU, y, x->elements);
    floats_compare(&v, ctx, c, "Y", y);
    free(y);
    return v;
}

/* x / (1 + exp(-alpha x)) is SiLU of alpha x, divided by alpha; half of x at alpha 0. */
static void swish(const struct kernels *kernels, float *x, int64_t n, float alpha) {
    if (alpha != 0 && alpha != 1) kernels->rows->scale(x, n, alpha);
    if (alpha != 0) activate(kernels, ACTIVATION_SILU, x, n);
    if (alpha != 1) kernels->rows->scale(x, n, alpha != 0 ? 1 / alpha : .5f);
}

/* Swish of `gate`, times `factor` where there is one. */
static struct verdict run_gate(sa_ctx *ctx, struct test_case *c, const struct value *gate, const struct value *factor) {
    struct verdict v = {.outcome = PASSED};
    const struct kernels *kernels = ctx->machine.kernels;
    float *y = floats_of(ctx, gate), *other = factor ? floats_of(ctx, factor) : NULL;
    swish(kernels, y, gate->elements, (float)case_number(c, "alpha", 1));
    if (other) kernels->rows->multiply(y, other, gate->elements);
    floats_compare(&v, ctx, c, "Y", y);
    free(y);
    free(other);
    return v;
}

static struct verdict run_swish(sa_ctx *ctx, struct test_case *c) {
    const struct value *x = case_input(c, "X");
    return x && shapes_agree(c, x) ? run_gate(ctx, c, x, NULL) : impossible(c);
}

static struct verdict run_swiglu(sa_ctx *ctx, struct test_case *c) {
    const struct value *a = case_input(c, "A"), *b = case_input(c, "B");
    return a && b && shapes_agree(c, a) ? run_gate(ctx, c, a, b) : impossible(c);
}

static const char *const gelu_attributes[] = {"approximate", NULL}, *const attributes[] = {"alpha", NULL};
static const char *const values[] = {"X", "Y", NULL}, *const swiglu_values[] = {"A", "B", "Y", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", NULL};

const struct operation gelu_operation = {"Gelu", gelu_attributes, values, dtypes, 0, run_gelu};
const struct operation swish_operation = {"Swish", attributes, values, dtypes, 0, run_swish};
const struct operation swiglu_operation = {"SwiGLU", attributes, swiglu_values, dtypes, 0, run_swiglu};
