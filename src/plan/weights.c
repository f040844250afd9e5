/* Copies weights once into one store of row-major [in, out] matrices in float.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/half.h"
#include "plan/layer.h"

static float element(const void *data, int32_t dtype, int64_t i) {
    if (dtype == SA_BF16) return float_of_bf16(((const uint16_t *)data)[i]);
    if (dtype == SA_F16) return float_of_f16(((const uint16_t *)data)[i]);
    return ((const float *)data)[i];
}

/* A part of a caller's matrix or bias: outputs first .. first + count of `outputs`. */
struct source {
    const void *weights, *bias;
    int64_t outputs, first, count;
};

/* Copies a source to the columns from `column` on of `to`. */
static void copy_columns(float *to, int64_t ld, int64_t column, int64_t in, const struct source *s,
                         const sa_layer_config *config) {
    for (int64_t o = 0; o < s->count; o++)
        for (int64_t i = 0; i < in; i++) {
            int64_t from = config->weight_order == SA_OUT_IN ? (s->first + o) * in + i : i * s->outputs + s->first + o;
            to[i * ld + column + o] = element(s->weights, config->weight_dtype, from);
        }
}

static void copy_bias(float *to, const struct source *s, int32_t dtype) {
    for (int64_t o = 0; o < s->count; o++) to[o] = s->bias ? element(s->bias, dtype, s->first + o) : 0;
}

/* Floats of the store: the input matrices, the output matrix, and all biases. */
static int store_size(struct sa_layer *l, int64_t q, int64_t kv, int64_t joined) {
    int64_t wq, wkv, wo, sum, bytes;
    return checked_mul(l->E, q, &wq) && checked_mul(l->Ec, kv, &wkv) && checked_mul(joined, l->Eo, &wo) &&
           checked_add(wq, wkv, &sum) && checked_add(sum, wo, &sum) && checked_add(sum, q + kv + l->Eo, &l->stored) &&
           checked_mul(l->stored, sizeof(float), &bytes);
}

static struct linear linear_at(const float *weights, int64_t in, int64_t out, int64_t ld, const float *bias) {
    return (struct linear){.weights = weights, .bias = bias, .in = in, .out = out, .ld = ld};
}

/* Points the linears into the store; with equal input widths q, k and v share the rows of one matrix. */
static void lay_out(struct sa_layer *l, int64_t q, int64_t kv, int64_t joined, int has_bias, const sa_layer_config *c) {
    float *bias = l->store + l->E * q + l->Ec * kv + joined * l->Eo, *wo = bias - joined * l->Eo;
    const float *b = has_bias ? bias : NULL;
    int shared = l->E == l->Ec;
    int64_t ld = shared ? q + kv : q;
    l->query = linear_at(l->store, l->E, q, ld, b);
    l->key_value =
        linear_at(shared ? l->store + q : l->store + l->E * q, l->Ec, kv, shared ? ld : kv, b ? b + q : NULL);
    if (shared) l->joint = linear_at(l->store, l->E, q + kv, ld, b);
    if (c->weight_o) l->output = linear_at(wo, joined, l->Eo, l->Eo, c->bias_o ? bias + q + kv : NULL);
}

static void copy_inputs(struct sa_layer *l, const struct source part[3], const sa_layer_config *config) {
    float *q = l->store, *kv = l->store + (l->key_value.weights - l->store);
    float *bias = l->store + l->stored - l->Eo - l->query.out - l->key_value.out;
    copy_columns(q, l->query.ld, 0, l->E, &part[0], config);
    copy_columns(kv, l->key_value.ld, 0, l->Ec, &part[1], config);
    copy_columns(kv, l->key_value.ld, part[1].count, l->Ec, &part[2], config);
    copy_bias(bias, &part[0], config->weight_dtype);
    copy_bias(bias + part[0].count, &part[1], config->weight_dtype);
    copy_bias(bias + part[0].count + part[1].count, &part[2], config->weight_dtype);
}

sa_status layer_store_weights(struct sa_layer *l, const sa_layer_config *c, struct report *report) {
    int64_t q = l->H * l->D, k = l->K * l->D, v = l->K * l->Dv, joined = l->H * l->Dv;
    if (!store_size(l, q, k + v, c->weight_o ? joined : 0))
        return fail_overflow(report, "the size of the layer's weights");
    l->store = memory_allocate(&l->memory, l->stored, sizeof(float));
    if (!l->store) return fail_memory(report, l->stored * (int64_t)sizeof(float), "the layer's weights");
    const struct source separate[3] = {
        {c->weight_q, c->bias_q, q, 0, q}, {c->weight_k, c->bias_k, k, 0, k}, {c->weight_v, c->bias_v, v, 0, v}};
    int64_t all = q + k + v;
    const struct source packed[3] = {{c->weight_qkv, c->bias_qkv, all, 0, q},
                                     {c->weight_qkv, c->bias_qkv, all, q, k},
                                     {c->weight_qkv, c->bias_qkv, all, q + k, v}};
    int has_bias = c->bias_q || c->bias_k || c->bias_v || c->bias_qkv;
    lay_out(l, q, k + v, c->weight_o ? joined : 0, has_bias, c);
    copy_inputs(l, c->weight_qkv ? packed : separate, c);
    if (c->weight_o) {
        const struct source output = {c->weight_o, c->bias_o, l->Eo, 0, l->Eo};
        copy_columns((float *)l->store + (l->output.weights - l->store), l->Eo, 0, joined, &output, c);
        copy_bias(l->store + l->stored - l->Eo, &output, c->weight_dtype);
    }
    return SA_OK;
}
