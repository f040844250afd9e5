/* x, context and y of half the width: what is read is exact, and what is written is the float32 result, rounded to nearest.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/halves.h"
#include "support/oracle.h"
#include "support/paths.h"

#include <criterion/criterion.h>

enum { T = 21, S = 9, E = 12, W = 10, F = 14 };

static const struct layer_shape shape = {.B = 1,
                                         .T = T,
                                         .S = S,
                                         .H = 2,
                                         .K = 1,
                                         .D = 8,
                                         .Dv = 8,
                                         .E = E,
                                         .W = W,
                                         .F = F,
                                         .cross = 1,
                                         .projected = 1,
                                         .biased = 15};

/* The tensor's numbers, cut, as `dtype` in `half`; returns a tensor of those. */
static sa_tensor cut(const sa_tensor *t, uint16_t *half, int32_t dtype) {
    sa_tensor view;
    sa_tensor_set(&view, half, dtype, SA_BHSD, t->size[0], 1, t->size[2], t->size[3]);
    for (int64_t r = 0; r < t->size[2]; r++)
        for (int64_t i = 0; i < t->size[3]; i++)
            half[r * t->size[3] + i] = half_cut(dtype, (float *)t->data + r * t->stride[2] + i * t->stride[3]);
    return view;
}

static void check(sa_ctx *ctx, const char *way, int32_t dtype) {
    struct layer_sample s;
    uint16_t x[T * E], context[S * W], y[T * F];
    layer_sample_make(&s, &shape, 9);
    sa_layer *layer = layer_sample_open(&s, ctx);
    sa_forward_args half = s.args;
    half.x = cut(&s.args.x, x, dtype);
    half.context = cut(&s.args.context, context, dtype);
    sa_tensor_set(&half.y, y, dtype, SA_BHSD, 1, 1, T, F);
    cr_assert_eq(sa_forward(ctx, layer, &half), SA_OK, "%s: %s", way, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s: %s", way, sa_ctx_last_error(ctx));
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < F; i++) {
            double got = oracle_at(&half.y, 0, 0, t, i), want = oracle_at(&s.args.y, 0, 0, t, i);
            cr_expect(fabs(got - want) <= half_rounding(dtype, want), "%s, dtype %d: %.9g, want %.9g rounded", way,
                      dtype, got, want);
        }
    sa_layer_destroy(&layer);
    layer_sample_free(&s);
}

Test(dtypes, halves_are_read_exactly_and_written_rounded) {
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (int32_t dtype = SA_BF16; ctx && dtype <= SA_F16; dtype++) check(ctx, ways[w].name, dtype);
        sa_ctx_destroy(&ctx);
    }
}
