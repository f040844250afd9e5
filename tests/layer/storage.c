/* The same layer, stored in different ways, computes the same bits.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/oracle.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct layer_shape shape = {.B = 2,
                                         .T = 19,
                                         .S = 19,
                                         .H = 6,
                                         .K = 2,
                                         .D = 16,
                                         .Dv = 24,
                                         .E = 40,
                                         .W = 40,
                                         .F = 33,
                                         .projected = 1,
                                         .biased = 15};

/* A matrix with `out` outputs over `in` inputs, or a bias (in 1), in float and in the other order. */
static float *turned(const void *from, int32_t dtype, int64_t out, int64_t in) {
    sa_tensor t;
    float *to = malloc((size_t)(out * in) * sizeof *to);
    sa_tensor_set(&t, (void *)from, dtype, SA_BHSD, 1, 1, out, in);
    for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < in; i++) to[i * out + o] = (float)oracle_at(&t, 0, 0, o, i);
    return to;
}

static float *run(sa_ctx *ctx, struct layer_sample *s) {
    sa_layer *layer = layer_sample_open(s, ctx);
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_layer_destroy(&layer);
    float *y = malloc((size_t)s->y_floats * sizeof *y);
    return memcpy(y, s->y, (size_t)s->y_floats * sizeof *y);
}

static void expect_same(sa_ctx *ctx, struct layer_sample *s, const float *want, const char *how) {
    float *y = run(ctx, s);
    cr_expect(!memcmp(y, want, (size_t)s->y_floats * sizeof *y), "dtype %d: other bits with %s", s->shape.dtype, how);
    free(y);
}

/* The first is [out,in], packed, in `dtype`; then in float, in the other order, in three parts. */
static void check_storages(sa_ctx *ctx, int32_t dtype) {
    struct layer_shape p = shape;
    struct layer_sample s;
    int64_t q = p.H * p.D, k = p.K * p.D, v = p.K * p.Dv, all = q + k + v;
    p.packed = 1;
    p.dtype = dtype;
    layer_sample_make(&s, &p, 11);
    sa_layer_config *c = &s.config;
    float *want = run(ctx, &s);
    float *weights = turned(c->weight_qkv, dtype, all, p.E), *bias = turned(c->bias_qkv, dtype, all, 1);
    float *output = turned(c->weight_o, dtype, p.F, p.H * p.Dv), *output_bias = turned(c->bias_o, dtype, p.F, 1);
    c->weight_dtype = SA_F32;
    c->weight_order = SA_IN_OUT;
    c->weight_qkv = weights, c->bias_qkv = bias, c->weight_o = output, c->bias_o = output_bias;
    expect_same(ctx, &s, want, "[in,out] floats");
    float *back = turned(weights, SA_F32, p.E, all), *output_back = turned(output, SA_F32, p.H * p.Dv, p.F);
    c->weight_order = SA_OUT_IN;
    c->weight_qkv = c->bias_qkv = NULL;
    c->weight_q = back, c->weight_k = back + q * p.E, c->weight_v = back + (q + k) * p.E;
    c->bias_q = bias, c->bias_k = bias + q, c->bias_v = bias + q + k;
    c->weight_o = output_back;
    expect_same(ctx, &s, want, "three matrices");
    sa_layer *layer = layer_sample_open(&s, ctx);
    memset(back, 0, (size_t)(all * p.E) * sizeof *back);
    layer_sample_clear(&s);
    cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK);
    cr_expect(!memcmp(s.y, want, (size_t)s.y_floats * sizeof *want), "weights are copied");
    sa_layer_destroy(&layer);
    float *owned[] = {want, weights, bias, output, output_bias, back, output_back};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
    layer_sample_free(&s);
}

Test(storage, does_not_change_the_bits) {
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int32_t dtype = SA_F32; ctx && dtype <= SA_F16; dtype++) check_storages(ctx, dtype);
        sa_ctx_destroy(&ctx);
    }
}
