/* What sa_layer_create() refuses, and what a layer says about itself.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>

Test(layer, sizes) {
    LAYER_REFUSED(SA_ERR_VALUE, "model_width is 0", v.config.model_width = 0);
    LAYER_REFUSED(SA_ERR_VALUE, "model_width is -3", v.config.model_width = -3);
    LAYER_REFUSED(SA_ERR_VALUE, "context_width is -1", v.config.context_width = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "output_width is -1", v.config.output_width = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "query_heads is 0", v.config.query_heads = 0);
    LAYER_REFUSED(SA_ERR_VALUE, "kv_heads is -2", v.config.kv_heads = -2);
    LAYER_REFUSED(SA_ERR_VALUE, "head_size is -4", v.config.head_size = -4);
    LAYER_REFUSED(SA_ERR_VALUE, "value_head_size is -1", v.config.value_head_size = -1);
    LAYER_REFUSED(SA_ERR_SHAPE, "model_width 10 is no multiple of query_heads 4", v.config.head_size = 0);
    LAYER_REFUSED(SA_ERR_SHAPE, "kv_heads 3 does not divide query_heads 4", v.config.kv_heads = 3);
    LAYER_REFUSED(SA_ERR_SHAPE, "kv_heads 8 does not divide query_heads 4", v.config.kv_heads = 8);
    LAYER_REFUSED(SA_ERR_SHAPE, "the output width is H*Dv = 24, not 9", v.config.weight_o = v.config.bias_o = NULL);
}

Test(layer, overflowing_sizes) {
    const int64_t most = INT32_MAX;
    LAYER_REFUSED(SA_ERR_OVERFLOW, "model_width is 2147483648", v.config.model_width = most + 1);
    LAYER_REFUSED(SA_ERR_OVERFLOW, "head_size is 9223372036854775807", v.config.head_size = INT64_MAX);
    LAYER_REFUSED(SA_ERR_OVERFLOW, "output_width is 4294967294", v.config.weight_o = v.config.bias_o = NULL,
                  v.config.output_width = 0, v.config.query_heads = v.config.kv_heads = 2,
                  v.config.value_head_size = most);
    LAYER_REFUSED(SA_ERR_OVERFLOW, "H 2147483647, K 2147483647, D 2147483647, Dv 2147483647",
                  v.config.query_heads = v.config.kv_heads = v.config.head_size = v.config.value_head_size = most);
    LAYER_REFUSED(SA_ERR_OVERFLOW, "H 4, K 2, D 536870912, Dv 6", v.config.head_size = (most + 1) / 4);
}

Test(layer, weights_too_large_for_memory) {
    LAYER_REFUSED(SA_ERR_OVERFLOW, "the size of the layer's weights",
                  v.config.model_width = v.config.context_width = v.config.output_width = INT32_MAX,
                  v.config.query_heads = v.config.kv_heads = 1,
                  v.config.head_size = v.config.value_head_size = INT32_MAX / 3);
}

/* 2^63 - 52 bytes, which fit, but not when they are rounded up. */
Test(layer, weights_that_almost_fit) {
    LAYER_REFUSED(SA_ERR_OVERFLOW, "the size of the layer's weights does not fit into 63 bits",
                  v.config.model_width = v.config.context_width = 2105838779, v.config.output_width = 0,
                  v.config.query_heads = v.config.kv_heads = v.config.head_size = 1,
                  v.config.value_head_size = 1094976039, v.config.weight_o = v.config.bias_o = NULL);
}

Test(layer, enums_and_numbers) {
    LAYER_REFUSED(SA_ERR_VALUE, "weight_order is 2", v.config.weight_order = 2);
    LAYER_REFUSED(SA_ERR_VALUE, "weight_order is -1", v.config.weight_order = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "weight_dtype is 3", v.config.weight_dtype = SA_BOOL);
    LAYER_REFUSED(SA_ERR_VALUE, "weight_dtype is -1", v.config.weight_dtype = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "scale is nan", v.config.scale = NAN);
    LAYER_REFUSED(SA_ERR_VALUE, "softcap is -2", v.config.softcap = -2);
}

Test(layer, weights_that_contradict_each_other) {
    LAYER_REFUSED(SA_ERR_NULL, "weight_q", v.config.weight_q = NULL);
    LAYER_REFUSED(SA_ERR_NULL, "weight_k", v.config.weight_k = NULL);
    LAYER_REFUSED(SA_ERR_NULL, "weight_v", v.config.weight_v = NULL);
    LAYER_REFUSED(SA_ERR_VALUE, "weight_q is given beside weight_qkv", v.config.weight_qkv = v.matrix);
    LAYER_REFUSED(SA_ERR_VALUE, "bias_qkv is given without weight_qkv", v.config.bias_qkv = v.bias);
    LAYER_REFUSED(SA_ERR_VALUE, "bias_o is given without weight_o", v.config.weight_o = NULL,
                  v.config.output_width = H * DV);
    LAYER_REFUSED(SA_ERR_VALUE, "bias_q is given beside weight_qkv",
                  v.config.weight_q = v.config.weight_k = v.config.weight_v = NULL, v.config.weight_qkv = v.matrix,
                  v.config.context_width = E);
    LAYER_REFUSED(SA_ERR_SHAPE, "model_width is 10 and context_width 7",
                  v.config.weight_q = v.config.weight_k = v.config.weight_v = NULL,
                  v.config.bias_q = v.config.bias_k = v.config.bias_v = NULL, v.config.weight_qkv = v.matrix);
}

Test(layer, getters_and_defaults) {
    struct valid v;
    valid_make(&v);
    cr_expect(sa_layer_model_width(v.layer) == E && sa_layer_context_width(v.layer) == W);
    cr_expect(sa_layer_output_width(v.layer) == F && sa_layer_query_heads(v.layer) == H);
    cr_expect(sa_layer_kv_heads(v.layer) == K && sa_layer_head_size(v.layer) == D);
    cr_expect(sa_layer_value_head_size(v.layer) == DV);
    sa_layer_destroy(&v.layer);
    sa_layer_config c = {.struct_size = sizeof c, .model_width = 8, .query_heads = 2};
    c.weight_q = c.weight_k = c.weight_v = c.weight_o = v.matrix;
    cr_assert_eq(sa_layer_create(v.ctx, &c, &v.layer), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    cr_expect(sa_layer_context_width(v.layer) == 8 && sa_layer_output_width(v.layer) == 8);
    cr_expect(sa_layer_kv_heads(v.layer) == 2 && sa_layer_head_size(v.layer) == 4);
    cr_expect(sa_layer_value_head_size(v.layer) == 4);
    valid_free(&v);
}
