/* What sa_attention_backward() refuses, and what it needs.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A valid call beside a valid forward call. */
struct backward {
    struct valid v;
    sa_attention_gradients g;
    sa_score_rules rules;
    float upstream[B * H * T * DV], query[B * H * T * D], key[B * K * S * D], value[B * K * S * DV],
        mask[B * H * T * S], slopes[H], bias[H * 3], sinks[H];
};

static void backward_make(struct backward *b) {
    valid_make(&b->v);
    sa_attention_args *a = &b->v.attention;
    memset(b->upstream, 0, sizeof b->upstream);
    a->weights = (sa_tensor){0};
    a->weights_kind = 0;
    b->g = (sa_attention_gradients){.struct_size = sizeof b->g};
    sa_tensor_set(&b->g.output, b->upstream, SA_F32, SA_BHSD, B, H, T, DV);
    sa_tensor_set(&b->g.query, b->query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&b->g.key, b->key, SA_F32, SA_BHSD, B, K, S, D);
    sa_tensor_set(&b->g.value, b->value, SA_F32, SA_BHSD, B, K, S, DV);
}

/* The call and its workspace are refused with these words. */
static void expect_refused(struct backward *b, sa_status status, const char *words, const char *spoiled) {
    uint64_t bytes = 1;
    sa_ctx *ctx = b->v.ctx;
    cr_expect_eq(sa_attention_backward(ctx, &b->v.attention, &b->g), status, "%s", spoiled);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "%s: \"%s\" is not in \"%s\"", spoiled, words,
              sa_ctx_last_error(ctx));
    if (status == SA_ERR_NULL) return;
    cr_expect_eq(sa_attention_backward_workspace_size(ctx, &b->v.attention, &b->g, &bytes), status, "%s", spoiled);
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

Test(gradients, a_valid_call_works) {
    struct backward b;
    backward_make(&b);
    cr_expect_eq(sa_attention(b.v.ctx, &b.v.attention), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    cr_expect_eq(sa_attention_backward(b.v.ctx, &b.v.attention, &b.g), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    valid_free(&b.v);
}

Test(gradients, tensors) {
    BACKWARD_REFUSED(SA_ERR_NULL, "gradients.output.data is NULL", b.g.output.data = NULL);
    BACKWARD_REFUSED(SA_ERR_NULL, "lse.data is NULL", b.v.attention.lse.data = NULL);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.output.size[3] (last) is 5, must be 6, which is output.size[3]",
                     b.g.output.size[3] = 5);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.query.size[1] (heads) is 3, must be 4, which is query.size[1]",
                     b.g.query.size[1] = 3);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.key.size[2]", b.g.key.size[2] = 4);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.value.size[0]", b.g.value.size[0] = 1);
    BACKWARD_REFUSED(SA_ERR_UNSUPPORTED, "gradients.query.dtype is 1; only SA_F32 (0) is supported here",
                     b.g.query.dtype = SA_BF16);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.value.stride[2] is 0", b.g.value.stride[2] = 0);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.key.reserved is 1", b.g.key.reserved = 1);
    BACKWARD_REFUSED(SA_ERR_STRUCT_SIZE, "sa_attention_gradients", b.g.struct_size = 8);
    BACKWARD_REFUSED(SA_ERR_VALUE, "scale is inf", b.v.attention.scale = INFINITY);
}

Test(gradients, what_the_call_does_not_have) {
    BACKWARD_REFUSED(SA_ERR_VALUE, "weights is given: gradients do not need it",
                     sa_tensor_set(&b.v.attention.weights, b.v.weights, SA_F32, SA_BHSD, B, H, T, S));
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.alibi_slopes is given without rules.alibi_slopes",
                     b.g.alibi_slopes = b.slopes, b.v.attention.rules = NULL);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.relative_bias is given without rules.relative_bias",
                     b.g.relative_bias = b.bias, b.v.attention.rules = NULL);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.sink_logits is given without rules.sink_logits",
                     b.g.sink_logits = b.sinks, b.v.attention.rules = NULL);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.mask is given without a mask of numbers",
                     sa_tensor_set(&b.g.mask, b.mask, SA_F32, SA_BHSD, B, H, T, S), b.v.attention.masking = NULL);
    BACKWARD_REFUSED(SA_ERR_VALUE, "gradients.mask is given without a mask of numbers",
                     sa_tensor_set(&b.g.mask, b.mask, SA_F32, SA_BHSD, B, H, T, S), b.v.masking.mask.dtype = SA_BOOL);
    BACKWARD_REFUSED(SA_ERR_SHAPE, "gradients.mask.size[2]",
                     sa_tensor_set(&b.g.mask, b.mask, SA_F32, SA_BHSD, b.v.masking.mask.size[0],
                                   b.v.masking.mask.size[1], T + 1, b.v.masking.mask.size[3]));
}

Test(gradients, of_a_cache_are_refused) {
    struct backward b;
    sa_cache *cache = NULL;
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = B, .kv_heads = K, .head_size = D, .value_head_size = DV};
    backward_make(&b);
    cr_assert_eq(sa_cache_create(b.v.ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    cr_assert_eq(sa_cache_append(b.v.ctx, cache, 0, &b.v.attention.key, &b.v.attention.value, NULL), SA_OK);
    b.v.attention.cache = cache;
    b.v.attention.key = b.v.attention.value = (sa_tensor){0};
    b.v.attention.masking = NULL;
    expect_refused(&b, SA_ERR_UNSUPPORTED, "gradients of keys and values in a cache", "a cache");
    sa_cache_destroy(&cache);
    valid_free(&b.v);
}

/* The gradients of nothing are nothing, and those of keys that no query sees are 0. */
Test(gradients, of_no_queries_are_zero) {
    struct backward b;
    backward_make(&b);
    sa_tensor *of_queries[] = {&b.v.attention.query, &b.v.attention.output, &b.v.attention.lse, &b.g.output,
                               &b.g.query};
    for (int i = 0; i < 5; i++) of_queries[i]->size[2] = 0;
    b.v.attention.masking = NULL;
    b.key[0] = b.value[0] = 7;
    cr_expect_eq(sa_attention_backward(b.v.ctx, &b.v.attention, &b.g), SA_OK, "%s", sa_ctx_last_error(b.v.ctx));
    cr_expect(b.key[0] == 0 && b.value[0] == 0);
    valid_free(&b.v);
}

/* Where memory runs out the call says so, and works when there is some again. */
Test(gradients, memory_may_run_out) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options};
    struct backward b;
    sa_ctx *ctx;
    backward_make(&b);
    test_allocator_use(&memory, &options);
    cr_assert_eq(sa_ctx_create(&options, &ctx), SA_OK);
    memory.fail_at = memory.calls;
    cr_expect_eq(sa_attention_backward(ctx, &b.v.attention, &b.g), SA_ERR_MEMORY);
    cr_expect_eq(sa_attention_backward(ctx, &b.v.attention, &b.g), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    valid_free(&b.v);
}
