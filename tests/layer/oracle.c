/* SPDX-License-Identifier: MIT */
#include "layer/oracle.h"

#include "support/oracle.h"

#include <math.h>
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
    /* A layer without an output projection has no weights here. */
    char *from = weights ? (char *)weights + (size_t)(out_in ? first * in : first) * size : NULL;
    sa_tensor_set(&m.weights, from, s->shape.dtype, SA_BHSD, 1, 1, out, in);
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

/* x / sqrt(mean(x^2) + epsilon) * weight for all `width` numbers at a time. */
static void normalise(double *x, int64_t count, const float *weight, int64_t width, float epsilon) {
    for (int64_t at = 0; weight && at < count; at += width) {
        double squares = 0;
        for (int64_t i = 0; i < width; i++) squares += x[at + i] * x[at + i];
        double size = sqrt(squares / (double)width + (epsilon > 0 ? (double)epsilon : 1e-6));
        for (int64_t i = 0; i < width; i++) x[at + i] *= (double)weight[i] / size;
    }
}

/* One head at a position. */
static void rotate(double *x, int64_t D, const sa_rope *r, int64_t position) {
    int64_t R = r->rotary ? r->rotary : D;
    double factor = r->attention_factor != 0 ? r->attention_factor : 1, theta = r->theta != 0 ? r->theta : 10000;
    for (int64_t i = 0; i < R / 2; i++) {
        double *a = x + (r->style == SA_ROPE_HALF ? i : 2 * i), *b = a + (r->style == SA_ROPE_HALF ? R / 2 : 1);
        double frequency = r->inverse_frequency ? r->inverse_frequency[i] : pow(theta, -2 * (double)i / (double)R);
        double angle = (double)position * frequency, first = *a, second = *b;
        *a = (first * cos(angle) - second * sin(angle)) * factor;
        *b = (first * sin(angle) + second * cos(angle)) * factor;
    }
}

/* Norms, then positions, of queries or keys [B,rows,heads,D]. The tokens of a context stand at 0, 1, ... */
static void place_heads(const struct layer_sample *s, sa_tensor *t, const float *norm, const int64_t *positions) {
    const sa_layer_config *c = &s->config;
    int64_t heads = t->size[1], rows = t->size[2], D = t->size[3], count = t->size[0] * rows * heads * D;
    double *x = t->data;
    normalise(x, count, norm, c->norm_all_heads ? heads * D : D, c->norm_epsilon);
    for (int64_t i = 0; c->rope && i < count / D; i++)
        rotate(x + i * D, D, c->rope, positions ? positions[i / heads] : i / heads % rows);
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
    place_heads(s, &qkv[0], s->config.query_norm, s->args.positions);
    place_heads(s, &qkv[1], s->config.key_norm, s->args.context.data ? NULL : s->args.positions);
    double *heads = malloc((size_t)(p->B * p->H * p->T * p->Dv + 1) * sizeof *heads);
    const sa_attention_args a = {.query = qkv[0],
                                 .key = qkv[1],
                                 .value = qkv[2],
                                 .scale = p->scale,
                                 .softcap = p->softcap,
                                 .masking = s->args.masking,
                                 .rules = s->config.rules,
                                 .weights_kind = s->args.weights_kind};
    oracle_attention(&a, heads, lse, weights);
    join(s, heads, y);
    free(heads);
    for (int i = 0; i < 3; i++) free(qkv[i].data);
}
