/* ONNX Attention by sa_attention(): past and new keys are joined into one buffer, as a caller without a cache would.
 * SPDX-License-Identifier: MIT */
#include "operators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ONNX's number of binary32, the arithmetic of the softmax here. */
enum { ONNX_FLOAT = 1 };

/* The case in the library's terms, and the buffers that belong to it. */
struct attention {
    int64_t past; /* keys that come before the new ones */
    sa_attention_args args;
    sa_masking masking;
    float *key, *value, *output, *weights; /* key and value: past and new joined */
};

/* Rank 4 is [B,heads,S,D]; rank 3 is [B,S,heads*D]. */
static int as_tensor(sa_tensor *t, const struct value *v, int64_t heads) {
    if (!v || (v->rank == 3 && (heads < 1 || v->shape[2] % heads)) || (v->rank != 3 && v->rank != 4)) return 0;
    if (v->rank == 4)
        sa_tensor_set(t, v->data, SA_F32, SA_BHSD, v->shape[0], v->shape[1], v->shape[2], v->shape[3]);
    else
        sa_tensor_set(t, v->data, SA_F32, SA_BSHD, v->shape[0], heads, v->shape[1], v->shape[2] / heads);
    return 1;
}

static void copy_sequence(const sa_tensor *to, int64_t at, const sa_tensor *from) {
    for (int64_t b = 0; b < from->size[0]; b++)
        for (int64_t h = 0; h < from->size[1]; h++)
            for (int64_t s = 0; s < from->size[2]; s++)
                memcpy((float *)to->data + b * to->stride[0] + h * to->stride[1] + (at + s) * to->stride[2],
                       (const float *)from->data + b * from->stride[0] + h * from->stride[1] + s * from->stride[2],
                       (size_t)from->size[3] * sizeof(float));
}

/* Appends `fresh` to `past`, which may be absent, in a new buffer [B,K,S,D]. Without a past the operand stays as it
 * lies, and the buffer only serves the comparison with present_key or present_value. */
static int join(sa_tensor *operand, float **buffer, const struct value *past, const sa_tensor *fresh) {
    sa_tensor old = {.size = {fresh->size[0], fresh->size[1], 0, fresh->size[3]}}, joined;
    if (past && (past->rank != 4 || !as_tensor(&old, past, 0))) return 0;
    if (old.size[0] != fresh->size[0] || old.size[1] != fresh->size[1] || old.size[3] != fresh->size[3]) return 0;
    int64_t keys = old.size[2] + fresh->size[2];
    *buffer = calloc((size_t)(fresh->size[0] * fresh->size[1] * keys * fresh->size[3]) + 1, sizeof **buffer);
    sa_tensor_set(&joined, *buffer, SA_F32, SA_BHSD, fresh->size[0], fresh->size[1], keys, fresh->size[3]);
    if (past) copy_sequence(&joined, 0, &old);
    copy_sequence(&joined, old.size[2], fresh);
    *operand = past ? joined : *fresh;
    return 1;
}

/* Aligned to the right: rank 2 is [T,S], rank 3 is [heads,T,S]. */
static int take_mask(sa_tensor *t, const struct value *mask) {
    if (!mask) return 1;
    if (mask->rank < 2 || mask->rank > 4) return 0;
    int64_t size[4] = {1, 1, 1, 1};
    for (int i = 0; i < mask->rank; i++) size[4 - mask->rank + i] = mask->shape[i];
    sa_tensor_set(t, mask->data, strcmp(mask->dtype, "bool") ? SA_F32 : SA_BOOL, SA_BHSD, size[0], size[1], size[2],
                  size[3]);
    return 1;
}

/* Positions count from the first key of the past; with key lengths the last query stands at the last valid key, which
 * is the library's default then. */
static int take_masking(struct attention *a, const struct test_case *c) {
    const struct value *lengths = case_input(c, "nonpad_kv_seqlen");
    int64_t left = (int64_t)case_number(c, "left_window_size", -1),
            right = (int64_t)case_number(c, "right_window_size", -1);
    sa_masking *m = &a->masking;
    m->struct_size = sizeof *m;
    m->causal = case_number(c, "is_causal", 0) != 0;
    if (a->past) m->align = SA_ALIGN_OFFSET, m->offset = a->past;
    if (left != -1 || right != -1) m->window = 1, m->window_left = left, m->window_right = right;
    if (lengths) m->key_lengths = lengths->data;
    a->args.masking = m;
    return (!lengths || lengths->elements == a->args.query.size[0]) && take_mask(&m->mask, case_input(c, "attn_mask"));
}

static int take_outputs(struct attention *a, const struct test_case *c) {
    static const int32_t kinds[] = {SA_WEIGHTS_SCALED, SA_WEIGHTS_SOFTCAPPED, SA_WEIGHTS_BIASED,
                                    SA_WEIGHTS_PROBABILITIES};
    sa_attention_args *x = &a->args;
    int64_t B = x->query.size[0], H = x->query.size[1], T = x->query.size[2], S = x->key.size[2], Dv = x->value.size[3];
    const struct value *y = case_output(c, "Y"), *qk = case_output(c, "qk_matmul_output");
    int mode = (int)case_number(c, "qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3 || !y || y->elements != B * H * T * Dv || (qk && qk->elements != B * H * T * S)) return 0;
    a->output = calloc((size_t)y->elements + 1, sizeof *a->output);
    sa_tensor_set(&x->output, a->output, SA_F32, y->rank == 3 ? SA_BSHD : SA_BHSD, B, H, T, Dv);
    if (!qk) return 1;
    a->weights = calloc((size_t)qk->elements + 1, sizeof *a->weights);
    sa_tensor_set(&x->weights, a->weights, SA_F32, SA_BHSD, B, H, T, S);
    x->weights_kind = kinds[mode];
    return 1;
}

/* 0 where the case's own shapes contradict each other. */
static int prepare(struct attention *a, const struct test_case *c) {
    const struct value *past_key = case_input(c, "past_key"), *past_value = case_input(c, "past_value");
    sa_tensor key, value;
    int64_t H = (int64_t)case_number(c, "q_num_heads", 0), K = (int64_t)case_number(c, "kv_num_heads", 0);
    a->args.struct_size = sizeof a->args;
    a->args.scale = (float)case_number(c, "scale", 0);
    a->args.softcap = (float)case_number(c, "softcap", 0);
    a->past = past_key ? past_key->shape[2] : 0;
    return as_tensor(&a->args.query, case_input(c, "Q"), H) && as_tensor(&key, case_input(c, "K"), K) &&
           as_tensor(&value, case_input(c, "V"), K) && !past_key == !past_value &&
           join(&a->args.key, &a->key, past_key, &key) && join(&a->args.value, &a->value, past_value, &value) &&
           take_masking(a, c) && take_outputs(a, c);
}

static struct verdict compare(const struct attention *a, const struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    verdict_compare(&v, c, "Y", a->output);
    verdict_compare(&v, c, "present_key", a->key);
    verdict_compare(&v, c, "present_value", a->value);
    verdict_compare(&v, c, "qk_matmul_output", a->weights);
    return v;
}

/* Logits grow with the scale, and so do their rounding errors, which the softmax hands on as relative errors of the
 * weights. A tolerance that was made for the default scale 1/sqrt(D) is too small by as much. */
static void widen(struct test_case *c, const sa_attention_args *args) {
    double growth = fabs((double)args->scale) * sqrt((double)args->query.size[3]);
    if (!c->widen || growth <= 1) return;
    c->rtol *= growth;
    c->atol *= growth;
    c->norm *= growth;
}

static struct verdict run(sa_ctx *ctx, struct attention *a, struct test_case *c) {
    if (!prepare(a, c)) return verdict_of(FAILED, "shapes or attributes that no Attention node can have");
    widen(c, &a->args);
    sa_status status = sa_attention(ctx, &a->args);
    if (status == SA_ERR_UNSUPPORTED) return verdict_of(SKIPPED, "%s", sa_ctx_last_error(ctx));
    if (status != SA_OK) return verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx));
    return compare(a, c);
}

struct verdict run_attention(sa_ctx *ctx, struct test_case *c) {
    static const char *const attributes[] = {
        "is_causal",         "scale",       "softcap",      "left_window_size",
        "right_window_size", "q_num_heads", "kv_num_heads", "qk_matmul_output_mode",
        "softmax_precision", NULL};
    static const char *const values[] = {"Q",
                                         "K",
                                         "V",
                                         "attn_mask",
                                         "past_key",
                                         "past_value",
                                         "nonpad_kv_seqlen",
                                         "Y",
                                         "present_key",
                                         "present_value",
                                         "qk_matmul_output",
                                         NULL};
    static const char *const dtypes[] = {"float32", "bool", "int64", NULL};
    const char *unknown = case_unknown(c, attributes, values);
    const struct value *other = case_other_dtype(c, dtypes);
    int precision = (int)case_number(c, "softmax_precision", ONNX_FLOAT);
    if (unknown) return verdict_of(SKIPPED, "\"%s\" is not known here", unknown);
    if (other) return verdict_of(SKIPPED, "dtype %s (%s)", other->dtype, other->formal);
    if (precision != ONNX_FLOAT)
        return verdict_of(SKIPPED, "softmax_precision %d, the softmax here is float32", precision);
    struct attention a = {0};
    struct verdict v = run(ctx, &a, c);
    free(a.key);
    free(a.value);
    free(a.output);
    free(a.weights);
    return v;
}
