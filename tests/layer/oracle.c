/* SPDX-License-Identifier: MIT */
#include "layer/oracle.h"

#include "support/oracle.h"

#include <stdlib.h>

/* Output o of a matrix over input i is element (0,0,o,i) of `weights`; bias element o is (0,0,0,o) of `bias`. */
struct map {
    int64_t in, out;
    sa_tensor weights, bias; /* bias.data NULL: none */
};

/* Outputs first .. first + out of a matrix that has `all`, as the configuration stores it. */
static struct map map_of(const struct layer_sample *s, const void *weights, const void *bias, int64_t in, int64_t all,
                         int64_t first, int64_t out) {
    struct map m = {.in = in, .out = out};
    int out_in = s->shape.order == SA_OUT_IN;
    size_t size = s->shape.dtype == SA_F32 ? sizeof(float) : sizeof(uint16_t);
    sa_tensor_set(&m.weights, (char *)weights + (size_t)(out_in ? first * in : first) * size, s->shape.dtype, SA_BHSD,
                  1, 1, out, in);
    m.weights.stride[2] = out_in ? in : 1;
    m.weights.stride[3] = out_in ? 1 : all;
    if (bias) sa_tensor_set(&m.bias, (char *)bias + (size_t)first * size, s->shape.dtype, SA_BHSD, 1, 1, 1, out);
    return m;
}

/* y [B,rows,out] = x W + b */
static double *apply(const struct map *m, const sa_tensor *x) {
    int64_t batch = x->size[0], rows = x->size[2];
    double *y = malloc((size_t)(batch * rows * m->out + 1) * sizeof *y),
           *weights = malloc((size_t)(m->in * m->out) * sizeof *weights);
    for (int64_t o = 0; o < m->out; o++)
        for (int64_t i = 0; i < m->in; i++) weights[o * m->in + i] = oracle_at(&m->weights, 0, 0, o, i);
    for (int64_t row = 0; row < batch * rows; row++)
        for (int64_t o = 0; o < m->out; o++) {
            double sum = m->bias.data ? oracle_at(&m->bias, 0, 0, 0, o) : 0;
            for (int64_t i = 0; i < m->in; i++)
                sum += oracle_at(x, row / rows, 0, row % rows, i) * weights[o * m->in + i];
            y[row * m->out + o] = sum;
        }
    free(weights);
    return y;
}

/* Q, K and V as double tensors of heads merged in a row. */
static void project(const struct layer_sample *s, sa_tensor qkv[3]) {
    const struct layer_shape *p = &s->shape;
    const sa_layer_config *c = &s->config;
    const sa_tensor *context = s->args.context.data ? &s->args.context : &s->args.x;
    const int64_t heads[3] = {p->H, p->K, p->K}, size[3] = {p->D, p->D, p->Dv};
    const int64_t q = p->H * p->D, k = p->K * p->D, v = p->K * p->Dv, all = q + k + v;
    const struct map separate[3] = {map_of(s, c->weight_q, c->bias_q, p->E, q, 0, q),
                                    map_of(s, c->weight_k, c->bias_k, p->W, k, 0, k),
                                    map_of(s, c->weight_v, c->bias_v, p->W, v, 0, v)};
    const struct map packed[3] = {map_of(s, c->weight_qkv, c->bias_qkv, p->E, all, 0, q),
                                  map_of(s, c->weight_qkv, c->bias_qkv, p->E, all, q, k),
                                  map_of(s, c->weight_qkv, c->bias_qkv, p->E, all, q + k, v)};
    for (int i = 0; i < 3; i++) {
        const struct map *map = p->packed ? &packed[i] : &separate[i];
        sa_tensor_set(&qkv[i], apply(map, i ? context : &s->args.x), ORACLE_F64, SA_BSHD, p->B, heads[i],
                      i ? p->S : p->T, size[i]);
    }
}

/* From [B,H,T,Dv] to y. */
static void join(const struct layer_sample *s, double *heads, double *y) {
    const struct layer_shape *p = &s->shape;
    sa_tensor joined;
    int64_t width = p->H * p->Dv, count = p->B * p->T * width;
    double *rows = malloc((size_t)(count + 1) * sizeof *rows);
    for (int64_t i = 0; i < count; i++) {
        int64_t d = i % p->Dv, h = i / p->Dv % p->H, t = i / width % p->T, b = i / width / p->T;
        rows[i] = heads[((b * p->H + h) * p->T + t) * p->Dv + d];
    }
    sa_tensor_set(&joined, rows, ORACLE_F64, SA_BHSD, p->B, 1, p->T, width);
    const struct map output = map_of(s, s->config.weight_o, s->config.bias_o, width, p->F, 0, p->F);
    double *result = p->projected ? apply(&output, &joined) : rows;
    for (int64_t i = 0; i < p->B * p->T * p->F; i++) y[i] = result[i];
    if (result != rows) free(result);
    free(rows);
}

void oracle_forward(const struct layer_sample *s, double *y, double *lse, double *weights) {
    const struct layer_shape *p = &s->shape;
    sa_tensor qkv[3];
    project(s, qkv);
    double *heads = malloc((size_t)(p->B * p->H * p->T * p->Dv + 1) * sizeof *heads);
    const sa_attention_args a = {.query = qkv[0],
                                 .key = qkv[1],
                                 .value = qkv[2],
                                 .scale = p->scale,
                                 .softcap = p->softcap,
                                 .masking = s->args.masking,
                                 .weights_kind = s->args.weights_kind};
    oracle_attention(&a, heads, lse, weights);
    join(s, heads, y);
    free(heads);
    for (int i = 0; i < 3; i++) free(qkv[i].data);
}
