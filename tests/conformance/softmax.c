/* ONNX Softmax by the kernels that attention by rows is made of.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "floats.h"
#include "operators.h"

#include <stdlib.h>

/* Softmax runs over one axis since this opset, before over all from one on. */
enum { FIRST_OPSET = 13 };

/* x is [before][count][step]; rows run along the middle. */
struct axis {
    int64_t before, count, step;
};

static int take_axis(struct axis *a, const struct value *x, int64_t axis) {
    if (axis < -x->rank || axis >= x->rank) return 0;
    if (axis < 0) axis += x->rank;
    *a = (struct axis){1, x->shape[axis], 1};
    for (int i = 0; i < axis; i++) a->before *= x->shape[i];
    for (int i = (int)axis + 1; i < x->rank; i++) a->step *= x->shape[i];
    return 1;
}

static void softmax_row(const struct kernels *kernels, float *row, int64_t n) {
    float sum = kernels->rows->exp_sum(row, n, kernels->rows->max(row, n));
    kernels->rows->scale(row, n, 1 / sum);
}

static void softmax(const struct kernels *kernels, const struct axis *a, float *x, float *row) {
    for (int64_t i = 0; i < a->before * a->step; i++) {
        float *first = x + i / a->step * a->count * a->step + i % a->step;
        for (int64_t j = 0; j < a->count; j++) row[j] = first[j * a->step];
        softmax_row(kernels, row, a->count);
        for (int64_t j = 0; j < a->count; j++) first[j * a->step] = row[j];
    }
}

static struct verdict run(sa_ctx *ctx, struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    struct axis axis;
    const struct value *x = case_input(c, "input"), *y = case_output(c, "output");
    int64_t opset = json_integer_value(json_object_get(c->meta, "op_since_version"));
    if (opset && opset < FIRST_OPSET)
        return verdict_of(SKIPPED, "Softmax of opset %lld, over several axes", (long long)opset);
    if (!x || !y || y->elements != x->elements || !take_axis(&axis, x, (int64_t)case_number(c, "axis", -1)))
        return verdict_of(FAILED, "shapes or attributes that no Softmax node can have");
    float *numbers = floats_of(ctx, x), *row = floats_new(axis.count);
    softmax(ctx->machine.kernels, &axis, numbers, row);
    floats_compare(&v, ctx, c, "output", numbers);
    free(numbers);
    free(row);
    return v;
}

static const char *const attributes[] = {"axis", NULL}, *const values[] = {"input", "output", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", NULL};

const struct operation softmax_operation = {"Softmax", attributes, values, dtypes, 0, run};
