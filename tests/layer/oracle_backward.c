/* SPDX-License-Identifier: MIT */
#include "layer/oracle_backward.h"

#include "layer/oracle.h"
#include "support/oracle.h"
#include "support/oracle_backward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A gradient that the call does not have is a NULL in `to`. */
static void add(struct sums to, int64_t at, double value, double size) {
    if (!to.value) return;
    to.value[at] += value;
    to.size[at] += size;
}

static struct sums find(struct layer_backward *c, const char *name) {
    const struct gradient *g = layer_backward_find(c, name);
    return g ? g->want : (struct sums){0};
}

/* A matrix, a part of one that has `all` outputs from number `first` on, and where its gradients go. */
struct map_gradients {
    struct oracle_map map;
    int64_t first, all;
    int32_t order;
    struct sums weights, bias;
};

/* Adds the gradients of y = x W + b. */
static void add_map(const struct map_gradients *m, const sa_tensor *x, const struct sums *dy, struct sums dx) {
    const int64_t in = m->map.in, out = m->map.out, rows = x->size[0] * x->size[2];
    for (int64_t row = 0; row < rows; row++)
        for (int64_t o = 0; o < out; o++) {
            const double value = dy->value[row * out + o], size = dy->size[row * out + o];
            const int64_t output = m->first + o;
            add(m->bias, output, value, size);
            for (int64_t i = 0; i < in; i++) {
                const double w = oracle_at(&m->map.weights, 0, 0, o, i);
                const double number = oracle_at(x, row / x->size[2], 0, row % x->size[2], i);
                add(m->weights, m->order == SA_OUT_IN ? output * in + i : i * m->all + output, value * number,
                    size * fabs(number));
                add(dx, row * in + i, value * w, size * fabs(w));
            }
        }
}

/* From the gradient of x / sqrt(mean(x^2) + epsilon) * weight to that of x, where it lies. */
static void normalise_back(const struct layer_sample *s, const sa_tensor *x, const float *weight, struct sums d,
                           struct sums by_weight) {
    const int64_t n = oracle_norm_width(s, x), count = x->size[0] * x->size[1] * x->size[2] * x->size[3];
    for (int64_t at = 0; weight && at < count; at += n) {
        const double *numbers = (double *)x->data + at;
        double squares = 0, mean = 0, mean_size = 0;
        for (int64_t i = 0; i < n; i++) squares += numbers[i] * numbers[i];
        const double r = sqrt(squares / (double)n + oracle_norm_epsilon(s)), cubes = (double)n * r * r * r;
        for (int64_t i = 0; i < n; i++) {
            add(by_weight, i, d.value[at + i] * numbers[i] / r, d.size[at + i] * fabs(numbers[i]) / r);
            mean += (double)weight[i] * d.value[at + i] * numbers[i] / cubes;
            mean_size += fabs((double)weight[i] * numbers[i]) * d.size[at + i] / cubes;
        }
        for (int64_t i = 0; i < n; i++) {
            d.value[at + i] = (double)weight[i] * d.value[at + i] / r - numbers[i] * mean;
            d.size[at + i] = fabs((double)weight[i]) * d.size[at + i] / r + fabs(numbers[i]) * mean_size;
        }
    }
}

/* Gradients of queries, keys or values [B,rows,heads,D] before positions and norms. */
static struct sums before_placing(const struct layer_sample *s, struct layer_backward *c, const sa_tensor *projected,
                                  int which, const double *value, const double *size) {
    const int64_t B = projected->size[0], heads = projected->size[1], rows = projected->size[2], D = projected->size[3];
    const struct sums d = {oracle_join(value, B, heads, rows, D), oracle_join(size, B, heads, rows, D)};
    sa_tensor values = *projected, sizes = *projected;
    values.data = d.value, sizes.data = d.size;
    if (which == 2) return d;
    oracle_rotate(s, &values, which, ORACLE_TURN_BACK);
    oracle_rotate(s, &sizes, which, ORACLE_TURN_SIZES);
    normalise_back(s, projected, which ? s->config.key_norm : s->config.query_norm, d,
                   find(c, which ? "key_norm" : "query_norm"));
    return d;
}

/* The gradient of the heads' outputs [B,T,H,Dv]; that of the output projection is added. */
static struct sums before_output(const struct layer_sample *s, struct layer_backward *c, const sa_attention_args *a) {
    const struct layer_shape *p = &s->shape;
    const int64_t rows = p->B * p->T, width = p->H * p->Dv;
    struct sums dy = sums_make(rows * p->F);
    for (int64_t i = 0; i < rows * p->F; i++) add(dy, i, c->upstream[i], fabs((double)c->upstream[i]));
    if (!p->projected) return dy;
    sa_tensor joined;
    double *heads = malloc((size_t)(rows * width + 1) * sizeof *heads);
    oracle_attention(a, heads, NULL, NULL);
    sa_tensor_set(&joined, oracle_join(heads, p->B, p->H, p->T, p->Dv), ORACLE_F64, SA_BHSD, p->B, 1, p->T, width);
    const struct map_gradients m = {oracle_output_map(s), 0, p->F, c->args.weight_order, find(c, "weight_o"),
                                    find(c, "bias_o")};
    const struct sums d = sums_make(rows * width);
    add_map(&m, &joined, &dy, d);
    free(joined.data);
    free(heads);
    sums_free(&dy);
    return d;
}

/* Gradients of projected inputs, added to those of the matrices and of the tokens. */
static void add_inputs(const struct layer_sample *s, struct layer_backward *c, const sa_tensor projected[3],
                       const struct oracle_gradients *values, const struct oracle_gradients *sizes) {
    static const char *const weights[] = {"weight_q", "weight_k", "weight_v"};
    static const char *const biases[] = {"bias_q", "bias_k", "bias_v"};
    struct oracle_map maps[3];
    int64_t first = 0, all = 0;
    oracle_maps(s, maps);
    for (int i = 0; i < 3; i++) all += maps[i].out;
    for (int i = 0; i < 3; i++) {
        const int packed = s->shape.packed, of_context = i && s->args.context.data;
        const struct map_gradients m = {maps[i],
                                        packed ? first : 0,
                                        packed ? all : maps[i].out,
                                        c->args.weight_order,
                                        find(c, packed ? "weight_qkv" : weights[i]),
                                        find(c, packed ? "bias_qkv" : biases[i])};
        struct sums d = before_placing(s, c, &projected[i], i, values->value[i], sizes->size[i]);
        add_map(&m, of_context ? &s->args.context : &s->args.x, &d, find(c, of_context ? "context" : "x"));
        sums_free(&d);
        first += maps[i].out;
    }
}

void oracle_layer_backward(const struct layer_sample *s, struct layer_backward *c) {
    static const struct {
        enum oracle_gradient which;
        const char *name;
    } others[] = {{ORACLE_MASK, "mask"},
                  {ORACLE_SLOPES, "alibi_slopes"},
                  {ORACLE_BIAS, "relative_bias"},
                  {ORACLE_SINKS, "sink_logits"}};
    const struct layer_shape *p = &s->shape;
    sa_tensor projected[3], placed[3], upstream;
    oracle_project(s, projected);
    oracle_place(s, placed);
    const sa_attention_args a = oracle_attention_of(s, placed);
    struct sums d = before_output(s, c, &a);
    sa_tensor_set(&upstream, d.value, ORACLE_F64, SA_BSHD, p->B, p->H, p->T, p->Dv);
    struct oracle_gradients values = oracle_attention_backward(&a, &upstream);
    upstream.data = d.size;
    struct oracle_gradients sizes = oracle_attention_backward(&a, &upstream);
    add_inputs(s, c, projected, &values, &sizes);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct sums to = find(c, others[i].name);
        for (int64_t n = 0; to.value && n < values.count[others[i].which]; n++)
            add(to, n, values.value[others[i].which][n], sizes.size[others[i].which][n]);
    }
    oracle_gradients_free(&values);
    oracle_gradients_free(&sizes);
    sums_free(&d);
    for (int i = 0; i < 3; i++) {
        free(projected[i].data);
        free(placed[i].data);
    }
}
