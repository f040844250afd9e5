/* SPDX-License-Identifier: MIT */
#include "layer/backward.h"

#include <stdlib.h>
#include <string.h>

int64_t tensor_numbers(const sa_tensor *t) {
    return t->size[0] * t->size[1] * t->size[2] * t->size[3];
}

void *tensor_number(const sa_tensor *t, int64_t i) {
    int64_t at = 0;
    for (int axis = 3; axis >= 0; axis--) {
        at += i % t->size[axis] * t->stride[axis];
        i /= t->size[axis];
    }
    return (char *)t->data + at * (t->dtype == SA_F32 ? 4 : 2);
}

struct sums sums_make(int64_t count) {
    return (struct sums){calloc((size_t)count + 1, sizeof(double)), calloc((size_t)count + 1, sizeof(double))};
}

void sums_free(struct sums *s) {
    free(s->value);
    free(s->size);
}

/* The gradient by a tensor, contiguous. */
static sa_tensor *add(struct layer_backward *c, const char *name, const sa_tensor *of) {
    struct gradient *g = &c->all[c->count++];
    if (c->count > MOST_GRADIENTS) abort();
    *g = (struct gradient){.name = name, .of = *of};
    float *numbers = malloc((size_t)(tensor_numbers(of) + 1) * sizeof *numbers);
    g->want = sums_make(tensor_numbers(of));
    sa_tensor_set(&g->got, numbers, SA_F32, SA_BHSD, of->size[0], of->size[1], of->size[2], of->size[3]);
    return &g->got;
}

/* The gradient by an array; NULL for NULL. */
static float *add_array(struct layer_backward *c, const char *name, const void *of, int32_t dtype, int64_t count) {
    sa_tensor t;
    if (!of) return NULL;
    sa_tensor_set(&t, (void *)of, dtype, SA_BHSD, 1, 1, 1, count);
    return add(c, name, &t)->data;
}

/* A matrix of the layer's order whose gradient has another one, perhaps: read by the gradient's rows and columns. */
static float *add_matrix(struct layer_backward *c, const char *name, const void *of, const struct layer_shape *p,
                         int32_t order, int64_t out, int64_t in) {
    sa_tensor t;
    if (!of) return NULL;
    const int64_t rows = order == SA_OUT_IN ? out : in, columns = order == SA_OUT_IN ? in : out;
    sa_tensor_set(&t, (void *)of, p->dtype, SA_BHSD, 1, 1, rows, columns);
    if (order != p->order) t.stride[2] = 1, t.stride[3] = rows;
    return add(c, name, &t)->data;
}

static void add_matrices(struct layer_backward *c, const struct layer_sample *s, int32_t order) {
    const struct layer_shape *p = &s->shape;
    const sa_layer_config *l = &s->config;
    const int64_t q = p->H * p->D, k = p->K * p->D, v = p->K * p->Dv, joined = p->H * p->Dv;
    sa_layer_gradients *a = &c->args;
    a->weight_order = order;
    a->weight_q = add_matrix(c, "weight_q", l->weight_q, p, order, q, p->E);
    a->weight_k = add_matrix(c, "weight_k", l->weight_k, p, order, k, p->W);
    a->weight_v = add_matrix(c, "weight_v", l->weight_v, p, order, v, p->W);
    a->weight_qkv = add_matrix(c, "weight_qkv", l->weight_qkv, p, order, q + k + v, p->E);
    a->weight_o = add_matrix(c, "weight_o", l->weight_o, p, order, p->F, joined);
    a->bias_q = add_array(c, "bias_q", l->bias_q, p->dtype, q);
    a->bias_k = add_array(c, "bias_k", l->bias_k, p->dtype, k);
    a->bias_v = add_array(c, "bias_v", l->bias_v, p->dtype, v);
    a->bias_qkv = add_array(c, "bias_qkv", l->bias_qkv, p->dtype, q + k + v);
    a->bias_o = add_array(c, "bias_o", l->bias_o, p->dtype, p->F);
    a->query_norm = add_array(c, "query_norm", l->query_norm, SA_F32, l->norm_all_heads ? q : p->D);
    a->key_norm = add_array(c, "key_norm", l->key_norm, SA_F32, l->norm_all_heads ? k : p->D);
}

void layer_backward_make(struct layer_backward *c, const struct layer_sample *s, int32_t order, uint64_t seed) {
    const sa_tensor *y = &s->args.y;
    const sa_score_rules *rules = s->config.rules;
    struct rng rng = {seed + 31};
    const int64_t H = s->shape.H;
    *c = (struct layer_backward){.args = {.struct_size = sizeof c->args}};
    c->upstream = malloc((size_t)(tensor_numbers(y) + 1) * sizeof *c->upstream);
    for (int64_t i = 0; i < tensor_numbers(y); i++) c->upstream[i] = rng_normal(&rng);
    sa_tensor_set(&c->args.y, c->upstream, SA_F32, SA_BHSD, y->size[0], 1, y->size[2], y->size[3]);
    c->args.x = *add(c, "x", &s->args.x);
    if (s->args.context.data) c->args.context = *add(c, "context", &s->args.context);
    if (s->args.masking && s->masking.mask.data) c->args.mask = *add(c, "mask", &s->masking.mask);
    add_matrices(c, s, order);
    if (!rules) return;
    c->args.alibi_slopes = add_array(c, "alibi_slopes", rules->alibi_slopes, SA_F32, H);
    c->args.relative_bias =
        add_array(c, "relative_bias", rules->relative_bias, SA_F32, H * (2 * rules->relative_reach + 1));
    c->args.sink_logits = add_array(c, "sink_logits", rules->sink_logits, SA_F32, H);
}

void layer_backward_free(struct layer_backward *c) {
    for (int i = 0; i < c->count; i++) {
        free(c->all[i].got.data);
        sums_free(&c->all[i].want);
    }
    free(c->upstream);
}

struct gradient *layer_backward_find(struct layer_backward *c, const char *name) {
    for (int i = 0; i < c->count; i++)
        if (!strcmp(c->all[i].name, name)) return &c->all[i];
    return NULL;
}

void layer_backward_clear(struct layer_backward *c) {
    for (int i = 0; i < c->count; i++)
        for (int64_t n = 0; n < tensor_numbers(&c->all[i].got); n++) ((float *)c->all[i].got.data)[n] = NAN;
}
