/* ONNX LayerNormalization and RMSNormalization by the norms of models: rows are all axes from `axis` on.
 * SPDX-License-Identifier: MIT */
#include "base/norm.h"
#include "floats.h"
#include "operators.h"
#include "stack/norm.h"

#include <stdlib.h>

/* ONNX's number of binary32, the type of the first stage's results. */
enum { ONNX_FLOAT = 1 };

struct rows {
    int64_t count, width;
    double epsilon;
    float *x, *scale, *bias;        /* scale and bias in x's shape; bias may be NULL */
    float *y, *mean, *inverse_root; /* the last two a number per row */
};

static int take_rows(struct rows *r, const struct value *x, int64_t axis) {
    if (axis < -x->rank || axis >= x->rank) return 0;
    if (axis < 0) axis += x->rank;
    r->count = r->width = 1;
    for (int i = 0; i < x->rank; i++) *(i < axis ? &r->count : &r->width) *= x->shape[i];
    return 1;
}

/* Whether v's shape, aligned to the right, can be repeated to x's. */
static int can_repeat(const struct value *v, const struct value *x) {
    for (int i = 1; i <= v->rank; i++)
        if (i > x->rank || (v->shape[v->rank - i] != 1 && v->shape[v->rank - i] != x->shape[x->rank - i])) return 0;
    return 1;
}

/* v's numbers repeated to x's shape. */
static float *repeat(const sa_ctx *ctx, const struct value *v, const struct value *x) {
    float *numbers = floats_of(ctx, v), *repeated = floats_new(x->elements);
    for (int64_t i = 0; i < x->elements; i++) {
        int64_t rest = i, at = 0, step = 1;
        for (int k = 1; k <= v->rank; k++) {
            int64_t size = v->shape[v->rank - k];
            at += rest % x->shape[x->rank - k] % size * step;
            rest /= x->shape[x->rank - k], step *= size;
        }
        repeated[i] = numbers[at];
    }
    free(numbers);
    return repeated;
}

/* Has the right number of elements, or is absent. */
static int fits(const struct value *output, int64_t elements) {
    return !output || (output->elements == elements && value_dtype(output) >= 0);
}

static int take_shapes(struct rows *r, const struct test_case *c, const char *scale_name) {
    const struct value *x = case_input(c, "X"), *scale = case_input(c, scale_name), *bias = case_input(c, "B");
    const struct value *y = case_output(c, "Y");
    r->epsilon = case_number(c, "epsilon", 1e-5);
    return x && y && scale && can_repeat(scale, x) && (!bias || can_repeat(bias, x)) &&
           take_rows(r, x, (int64_t)case_number(c, "axis", -1)) && fits(y, x->elements) &&
           fits(case_output(c, "Mean"), r->count) && fits(case_output(c, "InvStdDev"), r->count);
}

static void take_data(struct rows *r, const sa_ctx *ctx, const struct test_case *c, const char *scale_name) {
    const struct value *x = case_input(c, "X"), *bias = case_input(c, "B");
    r->x = floats_of(ctx, x);
    r->scale = repeat(ctx, case_input(c, scale_name), x);
    r->bias = bias ? repeat(ctx, bias, x) : NULL;
    r->y = floats_new(x->elements);
    r->mean = floats_new(r->count);
    r->inverse_root = floats_new(r->count);
}

/* Scale and bias may differ from row to row. */
static void normalize(const struct rows *r, int is_rms) {
    for (int64_t i = 0; i < r->count; i++) {
        int64_t at = i * r->width;
        struct norm norm = {is_rms, r->scale + at, r->bias ? r->bias + at : NULL, r->epsilon, r->width};
        norm_row(&norm, r->x + at, r->y + at);
        const struct moments m = moments_of(r->x + at, r->width, is_rms, r->epsilon);
        r->mean[i] = (float)m.mean, r->inverse_root[i] = (float)m.factor;
    }
}

static struct verdict run(sa_ctx *ctx, struct test_case *c, int is_rms, const char *scale_name) {
    struct rows r = {0};
    struct verdict v = {.outcome = PASSED};
    int stash = (int)case_number(c, "stash_type", ONNX_FLOAT);
    if (stash != ONNX_FLOAT) return verdict_of(SKIPPED, "stash_type %d, norms here have float32", stash);
    if (!take_shapes(&r, c, scale_name))
        return verdict_of(FAILED, "shapes or attributes that no %s node can have", c->op);
    take_data(&r, ctx, c, scale_name);
    normalize(&r, is_rms);
    floats_compare(&v, ctx, c, "Y", r.y);
    floats_compare(&v, ctx, c, "Mean", r.mean);
    floats_compare(&v, ctx, c, "InvStdDev", r.inverse_root);
    float *const all[] = {r.x, r.scale, r.bias, r.y, r.mean, r.inverse_root};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
    return v;
}

static struct verdict run_layer(sa_ctx *ctx, struct test_case *c) {
    return run(ctx, c, 0, "Scale");
}

static struct verdict run_rms(sa_ctx *ctx, struct test_case *c) {
    return run(ctx, c, 1, "scale");
}

static const char *const attributes[] = {"axis", "epsilon", "stash_type", NULL};
static const char *const layer_values[] = {"X", "Scale", "B", "Y", "Mean", "InvStdDev", NULL};
static const char *const rms_values[] = {"X", "scale", "Y", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", NULL};

const struct operation layer_norm_operation = {"LayerNormalization", attributes, layer_values, dtypes, 0, run_layer};
const struct operation rms_norm_operation = {"RMSNormalization", attributes, rms_values, dtypes, 0, run_rms};
