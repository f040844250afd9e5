/* What sa_forward_backward() refuses, and what it needs.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A valid call beside a valid forward call. */
struct backward {
    struct valid v;
    sa_layer_gradients g;
    float upstream[B * T * F], x[B * T * E], context[B * S * W], mask[B * H * T * S], array[E * (H + 2 * K) * DV];
};

static void backward_make(struct backward *b) {
    valid_make(&b->v);
    b->v.forward.weights = b->v.forward.lse = (sa_tensor){0};
    b->v.forward.weights_kind = 0;
    memset(b->upstream, 0, sizeof b->upstream);
    b->g = (sa_layer_gradients){.struct_size = sizeof b->g, .weight_q = b->array};
    sa_tensor_set(&b->g.y, b->upstream, SA_F32, SA_BHSD, B, 1, T, F);
    sa_tensor_set(&b->g.x, b->x, SA_F32, SA_BHSD, B, 1, T, E);
    sa_tensor_set(&b->g.context, b->context, SA_F32, SA_BHSD, B, 1, S, W);
}

/* The call and its workspace are refused with these words. */
static void expect_refused(struct backward *b, sa_status status, const char *words, const char *spoiled) {
    uint64_t bytes = 1;
    sa_ctx *ctx = b->v.ctx;
    cr_expect_eq(sa_forward_backward(ctx, b->v.layer, &b->v.forward, &b->g), status, "%s", spoiled);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "%s: \"%s\" is not in \"%s\"", spoiled, words,
              sa_ctx_last_error(ctx));
    if (status == SA_ERR_NULL) return;
    cr_expect_eq(sa_forward_backward_workspace_size(ctx, b->v.layer, &b->v.forward, &b->g, &bytes), status, "%s",
                 spoiled);
    cr_expect_eq(bytes, 0);
}

#define BACKWARD_REFUSED(status, words, ...)                                                                           \
    do {                                                                                                               \
        struct backward b;                                                                                             \
        backward_make(&b);                                                                                             \
        __VA_ARGS__;                                                                                                   \
        expect_refused(&b, status, words, #__VA_ARGS__);                                                               \
        expect_works(b.v.ctx, #__VA_ARGS__);                                                                           \
        valid_free(&b.v);                                                                                              \
    } while (0)

Test(layer_gradients, a_valid_call_works) {
    struct backward b;
    uint64_t bytes = 0;
    backward_make(&b);
    cr_expect_eq(sa_forward_backward(b.v.ctx, b.v.layer, &b.v.forward, &b.g), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    cr_expect_eq(sa_forward_backward_workspace_size(b.v.ctx, b.v.layer, &b.v.forward, &b.g, &bytes), SA_OK, "%s",
                 sa_ctx_last_error(b.v.ctx));
    cr_expect(bytes > 0);
    valid_free(&b.v);
}

Test(layer_gradients, tensors) {
    BACKWARD_REFUSED(SA_ERR_NULL, "gradients.y.data is NULL", b.g.y.data = NULL);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.y.size[3] (last) is 5, must be 9, which is y.size[3]", b.g.y.size[3] = 5);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.x.size[2]", b.g.x.size[2] = T + 1);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.context.size[0]", b.g.context.size[0] = 1);
    BACKWARD_REFUSED(SA_ERR_UNSUPPORTED, "gradients.x.dtype is 1; only SA_F32 (0) is supported here",
                     b.g.x.dtype = SA_BF16);
    BACKWARD_REFUSED(SA_ERR_UNSUPPORTED, "gradients.x.stride[3] is 2, must be 1", b.g.x.size[3] = E,
                     b.g.x.stride[3] = 2, b.g.x.stride[2] = 2 * E, b.g.x.stride[0] = 2 * E * T);
    BACKWARD_REFUSED(SA_ERR_STRUCT_SIZE, "sa_layer_gradients", b.g.struct_size = 8);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "x.size[3]", b.v.forward.x.size[3] = 3);
}

Test(layer_gradients, what_the_layer_or_the_call_does_not_have) {
    BACKWARD_REFUSED(SA_ERR_VALUE, "weights is given: gradients do not need it",
                     sa_tensor_set(&b.v.forward.weights, b.v.weights, SA_F32, SA_BHSD, B, H, T, S));
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.query_norm is given, but the layer is without norms",
                     b.g.query_norm = b.array);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.key_norm is given, but the layer is without norms",
                     b.g.key_norm = b.array);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.weight_qkv is given, but the layer is without equal widths",
                     b.g.weight_qkv = b.array);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.sink_logits is given without rules.sink_logits",
                     b.g.sink_logits = b.array);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.mask is given without a mask of numbers",
                     sa_tensor_set(&b.g.mask, b.mask, SA_F32, SA_BHSD, B, H, T, S), b.v.forward.masking = NULL);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.weight_order is 2", b.g.weight_order = 2);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.reserved is 1", b.g.reserved = 1);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.bias_k is given beside gradients.bias_qkv",
                     b.g.bias_k = b.g.bias_qkv = b.array);
}

/* A layer on its own tokens, without an output projection. */
Test(layer_gradients, of_a_smaller_layer) {
    struct backward b;
    backward_make(&b);
    b.v.config.weight_o = b.v.config.bias_o = NULL;
    b.v.config.output_width = 0;
    b.v.config.context_width = E;
    sa_layer_destroy(&b.v.layer);
    cr_assert_eq(sa_layer_create(b.v.ctx, &b.v.config, &b.v.layer), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    float y[B * T * H * DV], dy[B * T * H * DV] = {0};
    sa_tensor_set(&b.v.forward.y, y, SA_F32, SA_BHSD, B, 1, T, H * DV);
    sa_tensor_set(&b.g.y, dy, SA_F32, SA_BHSD, B, 1, T, H * DV);
    b.v.forward.context = b.g.context = (sa_tensor){0};
    b.v.forward.masking = NULL;
    b.g.weight_q = NULL;
    b.g.weight_qkv = b.array;
    cr_expect_eq(sa_forward_backward(b.v.ctx, b.v.layer, &b.v.forward, &b.g), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    b.g.weight_q = b.array;
    expect_refused(&b, SA_ERR_VALUE, "gradients.weight_q is given beside gradients.weight_qkv", "both");
    b.g.weight_q = NULL;
    b.g.weight_o = b.array;
    expect_refused(&b, SA_ERR_VALUE, "gradients.weight_o is given, but the layer is without an output projection", "o");
    b.g.weight_o = NULL;
    sa_tensor_set(&b.g.context, b.context, SA_F32, SA_BHSD, B, 1, T, E);
    expect_refused(&b, SA_ERR_VALUE, "gradients.context is given without a context", "context");
    valid_free(&b.v);
}

/* The gradients of nothing are zero. */
Test(layer_gradients, of_no_tokens_are_zero) {
    struct backward b;
    backward_make(&b);
    sa_tensor *of_queries[] = {&b.v.forward.x, &b.v.forward.y, &b.g.y, &b.g.x};
    for (int i = 0; i < 4; i++) of_queries[i]->size[2] = 0;
    b.v.forward.masking = NULL;
    b.context[0] = b.array[0] = 7;
    cr_expect_eq(sa_forward_backward(b.v.ctx, b.v.layer, &b.v.forward, &b.g), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    cr_expect(b.context[0] == 0 && b.array[0] == 0);
    valid_free(&b.v);
}

/* Where memory runs out the call says so, and works when there is some again. */
Test(layer_gradients, memory_may_run_out) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options};
    struct backward b;
    sa_ctx *ctx;
    backward_make(&b);
    test_allocator_use(&memory, &options);
    cr_assert_eq(sa_ctx_create(&options, &ctx), SA_OK);
    memory.fail_at = memory.calls;
    cr_expect_eq(sa_forward_backward(ctx, b.v.layer, &b.v.forward, &b.g), SA_ERR_MEMORY);
    cr_expect_eq(sa_forward_backward(ctx, b.v.layer, &b.v.forward, &b.g), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t calls = memory.calls;
    cr_expect_eq(sa_forward_backward(ctx, b.v.layer, &b.v.forward, &b.g), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(memory.calls, calls, "a second call allocates");
    sa_ctx_destroy(&ctx);
    valid_free(&b.v);
}
