/* SPDX-License-Identifier: MIT */
#include "layer/oracle.h"

#include "support/oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Outputs first .. first + out of a matrix that has `all`, as the configuration stores it. */
static struct oracle_map map_of(const struct layer_sample *s, const void *weights, const void *bias, int64_t in,
                                int64_t all, int64_t first, int64_t out) {
    struct oracle_map m = {.in = in, .out = out};
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

double *oracle_apply(const struct oracle_map *m, const sa_tensor *x) {
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

void oracle_maps(const struct layer_sample *s, struct oracle_map maps[3]) {
    const struct layer_shape *p = &s->shape;
    const sa_layer_config *c = &s->config;
    const int64_t out[3] = {p->H * p->D, p->K * p->D, p->K * p->Dv}, all = out[0] + out[1] + out[2];
    const void *weights[3] = {c->weight_q, c->weight_k, c->weight_v}, *biases[3] = {c->bias_q, c->bias_k, c->bias_v};
    int64_t first = 0;
    for (int i = 0; i < 3; i++) {
        maps[i] = p->packed ? map_of(s, c->weight_qkv, c->bias_qkv, p->E, all, first, out[i])
                            : map_of(s, weights[i], biases[i], i ? p->W : p->E, out[i], 0, out[i]);
        first += out[i];
    }
}

struct oracle_map oracle_output_map(const struct layer_sample *s) {
    return map_of(s, s->config.weight_o, s->config.bias_o, s->shape.H * s->shape.Dv, s->shape.F, 0, s->shape.F);
}

void oracle_project(const struct layer_sample *s, sa_tensor qkv[3]) {
    const struct layer_shape *p = &s->shape;
    const sa_tensor *context = s->args.context.data ? &s->args.context : &s->args.x;
    const int64_t heads[3] = {p->H, p->K, p->K}, size[3] = {p->D, p->D, p->Dv};
    struct oracle_map maps[3];
    oracle_maps(s, maps);
    for (int i = 0; i < 3; i++)
        sa_tensor_set(&qkv[i], oracle_apply(&maps[i], i ? context : &s->args.x), ORACLE_F64, SA_BSHD, p->B, heads[i],
                      i ? p->S : p->T, size[i]);
}

static int64_t elements(const sa_tensor *t) {
    return t->size[0] * t->size[1] * t->size[2] * t->size[3];
}

int64_t oracle_norm_width(const struct layer_sample *s, const sa_tensor *heads) {
    return s->config.norm_all_heads ? heads->size[1] * heads->size[3] : heads->size[3];
}

double oracle_norm_epsilon(const struct layer_sample *s) {
    return s->config.norm_epsilon > 0 ? (double)s->config.norm_epsilon : 1e-6;
}

/* x / sqrt(mean(x^2) + epsilon) * weight for all `width` numbers at a time. */
static void normalise(const struct layer_sample *s, const sa_tensor *heads, const float *norm) {
    const int64_t width = oracle_norm_width(s, heads);
    for (int64_t at = 0; norm && at < elements(heads); at += width) {
        double *x = (double *)heads->data + at, squares = 0;
        for (int64_t i = 0; i < width; i++) squares += x[i] * x[i];
        const double size = sqrt(squares / (double)width + oracle_norm_epsilon(s));
        for (int64_t i = 0; i < width; i++) x[i] *= (double)norm[i] / size;
    }
}

/* One head at a position. */
static void rotate(double *x, int64_t D, const sa_rope *r, int64_t position, enum oracle_turn turn) {
    int64_t R = r->rotary ? r->rotary : D;
    double factor = r->attention_factor != 0 ? r->attention_factor : 1, theta = r->theta != 0 ? r->theta : 10000;
    for (int64_t i = 0; i < R / 2; i++) {
        double *a = x + (r->style == SA_ROPE_HALF ? i : 2 * i), *b = a + (r->style == SA_ROPE_HALF ? R / 2 : 1);
        double frequency = r->inverse_frequency ? r->inverse_frequency[i] : pow(theta, -2 * (double)i / (double)R);
        double angle = (double)(turn == ORACLE_TURN_BACK ? -position : position) * frequency, first = *a, second = *b;
        if (turn == ORACLE_TURN_SIZES) {
            *a = *b = (first + second) * fabs(factor);
            continue;
        }
        *a = (first * cos(angle) - second * sin(angle)) * factor;
        *b = (first * sin(angle) + second * cos(angle)) * factor;
    }
}

void oracle_rotate(const struct layer_sample *s, const sa_tensor *t, int is_key, enum oracle_turn turn) {
    const int64_t heads = t->size[1], rows = t->size[2], D = t->size[3];
    const int64_t *positions = is_key && s->args.context.data ? NULL : s->args.positions;
    for (int64_t i = 0; s->config.rope && i < elements(t) / D; i++)
        rotate((double *)t->data + i * D, D, s->config.rope, positions ? positions[i / heads] : i / heads % rows, turn);
}

void oracle_place(const struct layer_sample *s, sa_tensor qkv[3]) {
    oracle_project(s, qkv);
    normalise(s, &qkv[0], s->config.query_norm);
    normalise(s, &qkv[1], s->config.key_norm);
    for (int is_key = 0; is_key < 2; is_key++) oracle_rotate(s, &qkv[is_key], is_key, ORACLE_TURN);
}

sa_attention_args oracle_attention_of(const struct layer_sample *s, const sa_tensor qkv[3]) {
    return (sa_attention_args){.query = qkv[0],
                               .key = qkv[1],
                               .value = qkv[2],
                               .scale = s->shape.scale,
                               .softcap = s->shape.softcap,
                               .masking = s->args.masking,
                               .rules = s->config.rules,
                               .weights_kind = s->args.weights_kind};
}

double *oracle_join(const double *heads, int64_t B, int64_t count, int64_t rows, int64_t D) {
    double *joined = malloc((size_t)(B * count * rows * D + 1) * sizeof *joined);
    for (int64_t i = 0; i < B * count * rows * D; i++) {
        const int64_t d = i % D, h = i / D % count, t = i / D / count % rows, b = i / D / count / rows;
        joined[i] = heads[((b * count + h) * rows + t) * D + d];
    }
    return joined;
}

void oracle_forward(const struct layer_sample *s, double *y, double *lse, double *weights) {
    const struct layer_shape *p = &s->shape;
    const int64_t width = p->H * p->Dv;
    sa_tensor qkv[3], joined;
    oracle_place(s, qkv);
    double *heads = malloc((size_t)(p->B * p->T * width + 1) * sizeof *heads);
    const sa_attention_args a = oracle_attention_of(s, qkv);
    oracle_attention(&a, heads, lse, weights);
    double *rows = oracle_join(heads, p->B, p->H, p->T, p->Dv);
    sa_tensor_set(&joined, rows, ORACLE_F64, SA_BHSD, p->B, 1, p->T, width);
    const struct oracle_map output = oracle_output_map(s);
    double *result = p->projected ? oracle_apply(&output, &joined) : rows;
    memcpy(y, result, (size_t)(p->B * p->T * p->F) * sizeof *y);
    if (result != rows) free(result);
    free(rows);
    free(heads);
    for (int i = 0; i < 3; i++) free(qkv[i].data);
}
