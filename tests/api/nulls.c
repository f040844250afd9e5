/* NULL for every pointer argument.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The sentence is the context's, or the thread's where there is none. */
static void expect_null(sa_status status, const sa_ctx *ctx, const char *what) {
    char words[64];
    snprintf(words, sizeof words, "%s is NULL", what);
    cr_expect_eq(status, SA_ERR_NULL, "%s: status %d", what, status);
    cr_expect_str_eq(sa_ctx_last_error(ctx), words);
}

Test(nulls, contexts) {
    sa_ctx *ctx = NULL;
    expect_null(sa_ctx_create(NULL, NULL), NULL, "ctx");
    expect_null(sa_ctx_reserve(NULL, 1), NULL, "ctx");
    expect_null(sa_ctx_set_progress(NULL, NULL, NULL), NULL, "ctx");
    cr_expect_eq(sa_ctx_cancel(NULL), 0);
    sa_ctx_destroy(NULL);
    sa_ctx_destroy(&ctx);
    cr_expect(sa_ctx_threads(NULL) == 0 && sa_ctx_parallel(NULL) == 0 && sa_ctx_isa(NULL) == 0);
    cr_expect(sa_ctx_path(NULL) == 0 && sa_ctx_precision(NULL) == 0 && sa_ctx_scratch_bytes(NULL) == 0);
}

Test(nulls, attention) {
    struct valid v;
    uint64_t bytes = 1;
    const sa_attention_gradients gradients = {.struct_size = sizeof gradients};
    valid_make(&v);
    expect_null(sa_attention(NULL, &v.attention), NULL, "ctx");
    expect_null(sa_attention(v.ctx, NULL), v.ctx, "args");
    expect_null(sa_attention_workspace_size(NULL, &v.attention, &bytes), NULL, "ctx");
    expect_null(sa_attention_workspace_size(v.ctx, NULL, &bytes), v.ctx, "args");
    cr_expect_eq(bytes, 0);
    expect_null(sa_attention_workspace_size(v.ctx, &v.attention, NULL), v.ctx, "bytes");
    expect_null(sa_attention_backward(NULL, &v.attention, &gradients), NULL, "ctx");
    expect_null(sa_attention_backward(v.ctx, NULL, &gradients), v.ctx, "args");
    expect_null(sa_attention_backward(v.ctx, &v.attention, NULL), v.ctx, "gradients");
    expect_null(sa_attention_backward_workspace_size(NULL, &v.attention, &gradients, &bytes), NULL, "ctx");
    expect_null(sa_attention_backward_workspace_size(v.ctx, &v.attention, &gradients, NULL), v.ctx, "bytes");
    expect_works(v.ctx, "NULLs");
    valid_free(&v);
}

Test(nulls, layers) {
    struct valid v;
    valid_make(&v);
    sa_layer *layer = v.layer;
    expect_null(sa_layer_create(NULL, &v.config, &layer), NULL, "ctx");
    cr_expect_null(layer, "a failed creation leaves NULL");
    layer = v.layer;
    expect_null(sa_layer_create(v.ctx, NULL, &layer), v.ctx, "config");
    cr_expect_null(layer, "a failed creation leaves NULL");
    expect_null(sa_layer_create(v.ctx, &v.config, NULL), v.ctx, "layer");
    sa_layer_destroy(NULL);
    sa_layer_destroy(&layer);
    cr_expect(sa_layer_model_width(NULL) == 0 && sa_layer_context_width(NULL) == 0);
    cr_expect(sa_layer_output_width(NULL) == 0 && sa_layer_query_heads(NULL) == 0 && sa_layer_kv_heads(NULL) == 0);
    cr_expect(sa_layer_head_size(NULL) == 0 && sa_layer_value_head_size(NULL) == 0);
    expect_works(v.ctx, "NULLs");
    valid_free(&v);
}

Test(nulls, forward) {
    struct valid v;
    sa_layer_gradients gradients = {.struct_size = sizeof gradients};
    uint64_t bytes = 1;
    valid_make(&v);
    expect_null(sa_forward(NULL, v.layer, &v.forward), NULL, "ctx");
    expect_null(sa_forward(v.ctx, NULL, &v.forward), v.ctx, "layer");
    expect_null(sa_forward(v.ctx, v.layer, NULL), v.ctx, "args");
    expect_null(sa_forward_workspace_size(NULL, v.layer, &v.forward, &bytes), NULL, "ctx");
    expect_null(sa_forward_workspace_size(v.ctx, NULL, &v.forward, &bytes), v.ctx, "layer");
    expect_null(sa_forward_workspace_size(v.ctx, v.layer, NULL, &bytes), v.ctx, "args");
    expect_null(sa_forward_workspace_size(v.ctx, v.layer, &v.forward, NULL), v.ctx, "bytes");
    v.forward.weights = (sa_tensor){0};
    expect_null(sa_forward_backward(NULL, v.layer, &v.forward, &gradients), NULL, "ctx");
    expect_null(sa_forward_backward(v.ctx, NULL, &v.forward, &gradients), v.ctx, "layer");
    expect_null(sa_forward_backward(v.ctx, v.layer, NULL, &gradients), v.ctx, "args");
    expect_null(sa_forward_backward(v.ctx, v.layer, &v.forward, NULL), v.ctx, "gradients");
    expect_null(sa_forward_backward_workspace_size(v.ctx, v.layer, &v.forward, &gradients, NULL), v.ctx, "bytes");
    expect_works(v.ctx, "NULLs");
    valid_free(&v);
}

Test(nulls, constants) {
    int64_t value;
    expect_null(sa_constant(NULL, &value), NULL, "name");
    expect_null(sa_constant("SA_OK", NULL), NULL, "value");
}

Test(nulls, destroyers_clear_the_handle) {
    struct valid v;
    valid_make(&v);
    valid_free(&v);
    cr_expect_null(v.layer);
    cr_expect_null(v.ctx);
    valid_free(&v);
}

Test(nulls, a_layer_outlives_its_context) {
    struct valid v;
    valid_make(&v);
    sa_ctx *other = NULL;
    cr_assert_eq(sa_ctx_create(NULL, &other), SA_OK);
    sa_ctx_destroy(&v.ctx);
    cr_expect_eq(sa_forward(other, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(other));
    sa_ctx_destroy(&other);
    valid_free(&v);
}
