/* What sa_attention() and sa_forward() refuse about tensors and numbers, and the empty ones that they take.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(tensors, dtypes) {
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "query.dtype is 3; SA_F32 (0), SA_BF16 (1) and SA_F16 (2) are",
                      v.attention.query.dtype = SA_BOOL);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "key.dtype is 3", v.attention.key.dtype = SA_BOOL);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "value.dtype is 3", v.attention.value.dtype = SA_BOOL);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "output.dtype is 3", v.attention.output.dtype = SA_BOOL);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "lse.dtype is 2; only SA_F32 (0) is", v.attention.lse.dtype = SA_F16);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "weights.dtype is 1", v.attention.weights.dtype = SA_BF16);
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.dtype is 4", v.attention.query.dtype = 4);
    ATTENTION_REFUSED(SA_ERR_VALUE, "output.dtype is -1", v.attention.output.dtype = -1);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "x.dtype is 3", v.forward.x.dtype = SA_BOOL);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "context.dtype is 3", v.forward.context.dtype = SA_BOOL);
    FORWARD_REFUSED(SA_ERR_VALUE, "y.dtype is 77", v.forward.y.dtype = 77);
}

Test(tensors, reserved_fields) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.reserved is 5", v.attention.query.reserved = 5);
    ATTENTION_REFUSED(SA_ERR_VALUE, "lse.reserved is -1", v.attention.lse.reserved = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask.reserved is 1", v.masking.mask.reserved = 1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "reserved is 9", v.attention.reserved = 9);
    FORWARD_REFUSED(SA_ERR_VALUE, "reserved is 9", v.forward.reserved = 9);
}

Test(tensors, missing_data) {
    ATTENTION_REFUSED(SA_ERR_NULL, "query.data is NULL", v.attention.query.data = NULL);
    ATTENTION_REFUSED(SA_ERR_NULL, "key.data is NULL", v.attention.key.data = NULL);
    ATTENTION_REFUSED(SA_ERR_NULL, "value.data is NULL", v.attention.value.data = NULL);
    ATTENTION_REFUSED(SA_ERR_NULL, "output.data is NULL", v.attention.output.data = NULL);
    FORWARD_REFUSED(SA_ERR_NULL, "x.data is NULL", v.forward.x.data = NULL);
    FORWARD_REFUSED(SA_ERR_NULL, "y.data is NULL", v.forward.y.data = NULL);
}

Test(tensors, negative_sizes) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.size[0] is -1, must be 0 to 2^60", v.attention.query.size[0] = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.size[1] is -2", v.attention.query.size[1] = -2);
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.size[2] is -3", v.attention.query.size[2] = -3);
    ATTENTION_REFUSED(SA_ERR_VALUE, "query.size[3] is -4", v.attention.query.size[3] = -4);
    ATTENTION_REFUSED(SA_ERR_VALUE, "key.size[2] is -5", v.attention.key.size[2] = -5);
    ATTENTION_REFUSED(SA_ERR_VALUE, "value.size[3] is -9223372036854775808", v.attention.value.size[3] = INT64_MIN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "weights.size[3] is -1", v.attention.weights.size[3] = -1);
    FORWARD_REFUSED(SA_ERR_VALUE, "context.size[2] is -7", v.forward.context.size[2] = -7);
}

Test(tensors, overflowing_sizes_and_strides) {
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "query.size[2] is 9223372036854775807, must be 0 to 2^60",
                      v.attention.query.size[2] = INT64_MAX);
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "key does not fit an address: sizes 2 2 1152921504606846976 4",
                      v.attention.key.size[2] = (int64_t)1 << 60);
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "query does not fit an address", v.attention.query.stride[0] = INT64_MIN);
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "strides 4611686018427387904", v.attention.value.stride[0] = (int64_t)1 << 62);
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "output does not fit an address",
                      v.attention.output.stride[1] = -((int64_t)1 << 61));
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "masking.mask does not fit an address",
                      v.masking.mask.stride[2] = INT64_MAX / 4);
    FORWARD_REFUSED(SA_ERR_OVERFLOW, "x does not fit an address", v.forward.x.stride[0] = INT64_MAX);
}

/* The last element may end at byte 2^63 - 1 from the first one's place, and no further: 2^61 - 1 floats. */
Test(tensors, strides_up_to_the_last_address) {
    const int64_t farthest = ((int64_t)1 << 61) - 2, distances[] = {farthest, farthest + 1, -farthest, -farthest - 1};
    struct valid v;
    uint64_t bytes;
    valid_make(&v);
    for (int i = 0; i < 4; i++) {
        sa_attention_args a = {.struct_size = sizeof a};
        a.query = (sa_tensor){.size = {2, 1, 1, 1}, .stride = {distances[i], 1, 1, 1}};
        a.key = a.value = a.output = (sa_tensor){.size = {2, 1, 1, 1}, .stride = {1, 1, 1, 1}};
        cr_expect_eq(sa_attention_workspace_size(v.ctx, &a, &bytes), i % 2 ? SA_ERR_OVERFLOW : SA_OK, "%lld: %s",
                     (long long)distances[i], sa_ctx_last_error(v.ctx));
    }
    valid_free(&v);
}

/* Strides of 1 let sizes in that no scratch memory can follow. */
static void make_endless(sa_tensor *t, int axis) {
    t->size[axis] = (int64_t)1 << 59;
    for (int i = 0; i < 4; i++) t->stride[i] = 1;
}

Test(tensors, overflowing_scratch_memory) {
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "the size of the scratch memory", v.attention.masking = NULL,
                      v.attention.lse.data = v.attention.weights.data = NULL, make_endless(&v.attention.query, 3),
                      make_endless(&v.attention.key, 3));
    ATTENTION_REFUSED(SA_ERR_OVERFLOW, "the size of the scratch memory", v.attention.masking = NULL,
                      v.attention.lse.data = v.attention.weights.data = NULL, make_endless(&v.attention.query, 2),
                      make_endless(&v.attention.output, 2), make_endless(&v.attention.query, 0),
                      make_endless(&v.attention.output, 0), make_endless(&v.attention.key, 0),
                      make_endless(&v.attention.value, 0));
    FORWARD_REFUSED(SA_ERR_OVERFLOW, "the size of the scratch memory", v.forward.masking = NULL,
                    v.forward.lse.data = v.forward.weights.data = NULL, make_endless(&v.forward.x, 2),
                    make_endless(&v.forward.y, 2));
}

/* Rows of a group up to 2^63 - 8, which must not be rounded up: scratch memory does not depend on their number. */
Test(tensors, more_rows_than_can_be_rounded_up) {
    struct valid v;
    uint64_t bytes[2];
    valid_make(&v);
    for (int i = 0; i < 2; i++) {
        sa_attention_args a = {.struct_size = sizeof a};
        const int64_t queries = i ? ((int64_t)1 << 60) - 1 : (int64_t)1 << 40;
        a.query = (sa_tensor){.size = {1, 8, queries, D}};
        a.key = (sa_tensor){.size = {1, 1, S, D}};
        a.value = (sa_tensor){.size = {1, 1, S, DV}};
        a.output = (sa_tensor){.size = {1, 8, queries, DV}, .stride = {1, 1, 1, 1}};
        cr_assert_eq(sa_attention_workspace_size(v.ctx, &a, &bytes[i]), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    }
    cr_expect_eq(bytes[0], bytes[1], "%llu and %llu bytes", (unsigned long long)bytes[0], (unsigned long long)bytes[1]);
    valid_free(&v);
}

Test(tensors, sizes_that_disagree) {
    ATTENTION_REFUSED(SA_ERR_SHAPE, "key.size[0] (batch) is 1, must be 2, which is query.size[0]",
                      v.attention.key.size[0] = 1);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "key.size[3] (last) is 3, must be 4, which is query.size[3]",
                      v.attention.key.size[3] = 3);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "value.size[0] (batch) is 1, must be 2, which is query.size[0]",
                      v.attention.value.size[0] = 1);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "value.size[1] (heads) is 1, must be 2, which is key.size[1]",
                      v.attention.value.size[1] = 1);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "value.size[2] (sequence) is 4, must be 5, which is key.size[2]",
                      v.attention.value.size[2] = 4);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "output.size[1] (heads) is 2, must be 4, which is query.size[1]",
                      v.attention.output.size[1] = 2);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "output.size[2] (sequence) is 2, must be 3, which is query.size[2]",
                      v.attention.output.size[2] = 2);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "output.size[3] (last) is 4, must be 6, which is value.size[3]",
                      v.attention.output.size[3] = 4);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "lse.size[3] (last) is 3, must be 1", v.attention.lse.size[3] = 3);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "weights.size[3] (last) is 4, must be 5, which is S, the number of keys",
                      v.attention.weights.size[3] = 4);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "key has 3 heads, which does not divide query's 4",
                      v.attention.key.size[1] = v.attention.value.size[1] = 3);
    FORWARD_REFUSED(SA_ERR_SHAPE, "x.size[3] (last) is 9, must be 10, which is the layer's model_width",
                    v.forward.x.size[3] = 9);
    FORWARD_REFUSED(SA_ERR_SHAPE, "x.size[1] (heads) is 2, must be 1", v.forward.x.size[1] = 2);
    FORWARD_REFUSED(SA_ERR_SHAPE, "context.size[3] (last) is 6, must be 7, which is the layer's context_width",
                    v.forward.context.size[3] = 6);
    FORWARD_REFUSED(SA_ERR_SHAPE, "context.size[0] (batch) is 1, must be 2, which is x.size[0]",
                    v.forward.context.size[0] = 1);
    FORWARD_REFUSED(SA_ERR_SHAPE, "y.size[2] (sequence) is 2, must be 3, which is x.size[2]", v.forward.y.size[2] = 2);
    FORWARD_REFUSED(SA_ERR_SHAPE, "y.size[3] (last) is 8, must be 9, which is the layer's output_width",
                    v.forward.y.size[3] = 8);
    FORWARD_REFUSED(SA_ERR_SHAPE, "lse.size[1] (heads) is 3, must be 4, which is the layer's query_heads",
                    v.forward.lse.size[1] = 3);
    FORWARD_REFUSED(SA_ERR_SHAPE, "the layer makes keys from width 7 and x has 10", v.forward.context.data = NULL);
}

Test(tensors, heads_and_head_sizes_of_zero) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "H 0, K 2, D 4, Dv 6", v.attention.query.size[1] = v.attention.output.size[1] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "H 4, K 0, D 4, Dv 6", v.attention.key.size[1] = v.attention.value.size[1] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "H 4, K 2, D 0, Dv 6", v.attention.query.size[3] = v.attention.key.size[3] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "H 4, K 2, D 4, Dv 0", v.attention.value.size[3] = v.attention.output.size[3] = 0);
}

Test(tensors, outputs_cannot_repeat_an_axis_and_rows_are_contiguous) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "output.stride[0] is 0 along 2 elements", v.attention.output.stride[0] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "output.stride[3] is 0 along 6 elements", v.attention.output.stride[3] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "lse.stride[2] is 0 along 3 elements", v.attention.lse.stride[2] = 0);
    ATTENTION_REFUSED(SA_ERR_VALUE, "weights.stride[1] is 0 along 4 elements", v.attention.weights.stride[1] = 0);
    FORWARD_REFUSED(SA_ERR_VALUE, "y.stride[2] is 0 along 3 elements", v.forward.y.stride[2] = 0);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "x.stride[3] is 2", v.forward.x.stride[3] = 2);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "context.stride[3] is -1", v.forward.context.stride[3] = -1);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "y.stride[3] is 3", v.forward.y.stride[3] = 3);
}

Test(tensors, numbers) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "scale is inf", v.attention.scale = INFINITY);
    ATTENTION_REFUSED(SA_ERR_VALUE, "scale is nan", v.attention.scale = NAN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "softcap is -1", v.attention.softcap = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "softcap is inf", v.attention.softcap = INFINITY);
    ATTENTION_REFUSED(SA_ERR_VALUE, "softcap is nan", v.attention.softcap = NAN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "weights_kind is 4", v.attention.weights_kind = 4);
    ATTENTION_REFUSED(SA_ERR_VALUE, "weights_kind is -1", v.attention.weights_kind = -1);
    FORWARD_REFUSED(SA_ERR_VALUE, "weights_kind is 4", v.forward.weights_kind = 4);
    ATTENTION_REFUSED(SA_ERR_VALUE, "weights_kind is 3 without weights", v.attention.weights_kind = 3,
                      v.attention.weights.data = NULL);
    FORWARD_REFUSED(SA_ERR_VALUE, "weights_kind is 1 without weights", v.forward.weights_kind = 1,
                    v.forward.weights.data = NULL);
    FORWARD_REFUSED(SA_ERR_VALUE, "positions is given, but the layer has no rope",
                    v.forward.positions = (const int64_t[B * T]){0});
}

/* A stride along one element is never used. */
Test(tensors, strides_of_axes_of_one_element_do_not_matter) {
    const int64_t strides[] = {INT64_MIN, INT64_MAX, -1, 0};
    for (int path = SA_PATH_PLAIN; path <= SA_PATH_FUSED; path++)
        for (int i = 0; i < 4 && (has_blas || path != SA_PATH_BLAS); i++)
            for (int axes = 1; axes < 16; axes++) {
                float q[D] = {1, 2, 3, 4}, k[D] = {4, 3, 2, 1}, v[D] = {5, 6, 7, 8}, o[D], mask = 0, w = 0, lse = 0;
                const int64_t size = axes & 8 ? 1 : D;
                const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .path = path};
                sa_ctx *ctx = ctx_open(&options);
                sa_masking masking = {.struct_size = sizeof masking, .causal = 1};
                sa_attention_args a = {.struct_size = sizeof a, .masking = &masking};
                sa_tensor *const tensors[] = {&a.query, &a.key, &a.value, &a.output, &masking.mask, &a.weights, &a.lse};
                void *const data[] = {q, k, v, o, &mask, &w, &lse};
                for (int t = 0; t < 7; t++) {
                    sa_tensor_set(tensors[t], data[t], SA_F32, SA_BHSD, 1, 1, 1, t < 4 ? size : 1);
                    for (int axis = 0; axis < 4; axis++)
                        if (axes >> axis & 1 && tensors[t]->size[axis] == 1) tensors[t]->stride[axis] = strides[i];
                }
                cr_expect_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
                for (int64_t d = 0; d < size; d++) cr_expect_eq(o[d], v[d], "path %d, axes %d", path, axes);
                cr_expect(w == 1 && isfinite(lse));
                sa_ctx_destroy(&ctx);
            }
}

/* Likewise in layers, of one token of one sequence. */
Test(tensors, strides_of_one_row_do_not_matter) {
    const int64_t strides[] = {INT64_MIN, INT64_MAX, -1, 0};
    struct valid v;
    valid_make(&v);
    v.forward.masking = NULL, v.forward.lse.data = v.forward.weights.data = NULL;
    v.forward.x.size[0] = v.forward.x.size[2] = v.forward.y.size[0] = v.forward.y.size[2] = 1;
    v.forward.context.size[0] = v.forward.context.size[2] = 1;
    cr_assert_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    float want[F];
    memcpy(want, v.y, sizeof want);
    for (int i = 0; i < 4; i++) {
        for (int axis = 0; axis < 3; axis++)
            v.forward.x.stride[axis] = v.forward.y.stride[axis] = v.forward.context.stride[axis] = strides[i];
        memset(v.y, 0, sizeof v.y);
        cr_assert_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
        cr_expect(!memcmp(want, v.y, sizeof want), "strides of %lld", (long long)strides[i]);
    }
    valid_free(&v);
}

/* Sizes of 0 along one axis, with no data where there are no elements. */
static void expect_attention_of(int64_t batch, int64_t queries, int64_t keys) {
    struct valid v;
    valid_make(&v);
    sa_attention_args *a = &v.attention;
    a->masking = NULL;
    a->query.size[0] = a->key.size[0] = a->value.size[0] = a->output.size[0] = a->lse.size[0] = a->weights.size[0] =
        batch;
    a->query.size[2] = a->output.size[2] = a->lse.size[2] = a->weights.size[2] = queries;
    a->key.size[2] = a->value.size[2] = a->weights.size[3] = keys;
    if (!batch || !queries) a->query.data = a->output.data = NULL;
    if (!batch || !keys) a->key.data = a->value.data = NULL;
    v.output[0] = v.lse[0] = 7;
    cr_expect_eq(sa_attention(v.ctx, a), SA_OK, "B %d, T %d, S %d: %s", (int)batch, (int)queries, (int)keys,
                 sa_ctx_last_error(v.ctx));
    float output = batch && queries ? 0 : 7, lse = batch && queries ? -INFINITY : 7;
    cr_expect(keys || (v.output[0] == output && v.lse[0] == lse), "B %d, T %d, S %d: output %g, lse %g", (int)batch,
              (int)queries, (int)keys, (double)v.output[0], (double)v.lse[0]);
    valid_free(&v);
}

Test(tensors, empty_problems) {
    for (int empty = 1; empty < 8; empty++)
        expect_attention_of(empty & 1 ? 0 : B, empty & 2 ? 0 : T, empty & 4 ? 0 : S);
}

Test(tensors, a_layer_without_tokens_or_context) {
    struct valid v;
    valid_make(&v);
    v.forward.masking = NULL;
    v.forward.x.size[2] = v.forward.y.size[2] = v.forward.lse.size[2] = v.forward.weights.size[2] = 0;
    cr_expect_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    valid_free(&v);
    valid_make(&v);
    v.forward.masking = NULL;
    v.forward.context.size[2] = v.forward.weights.size[3] = 0;
    cr_expect_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    for (int i = 0; i < B * T * F; i++)
        cr_expect_eq(v.y[i], v.bias[H * D + K * D + K * DV + i % F], "without keys y is the output's bias");
    valid_free(&v);
}

Test(tensors, set_describes_both_memory_orders) {
    sa_tensor t;
    float data[1];
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, 2, 3, 5, 7);
    cr_expect(t.data == data && t.dtype == SA_F32 && t.reserved == 0);
    cr_expect(t.size[0] == 2 && t.size[1] == 3 && t.size[2] == 5 && t.size[3] == 7);
    cr_expect(t.stride[0] == 105 && t.stride[1] == 35 && t.stride[2] == 7 && t.stride[3] == 1);
    sa_tensor_set(&t, data, SA_BF16, SA_BSHD, 2, 3, 5, 7);
    cr_expect(t.dtype == SA_BF16 && t.stride[0] == 105 && t.stride[1] == 7 && t.stride[2] == 21 && t.stride[3] == 1);
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
    cr_expect_eq(t.size[1], INT64_MAX, "sizes that overflow are written down for the call to refuse");
    sa_tensor_set(NULL, data, SA_F32, SA_BHSD, 1, 1, 1, 1);
}
