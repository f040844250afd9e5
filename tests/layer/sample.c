/* SPDX-License-Identifier: MIT */
#include "layer/sample.h"

#include "support/guarded.h"
#include "support/half.h"

#include <stdio.h>
#include <stdlib.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

static void *own(struct layer_sample *s, int64_t count, size_t size) {
    size_t bytes = (size_t)count * size;
    if (s->memories == LAYER_MEMORIES) abort();
    s->memory[s->memories].bytes = bytes;
    return s->memory[s->memories++].data = guarded_alloc(bytes);
}

struct layer_shape layer_shape_random(uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 77};
    struct layer_shape p = {0};
    p.B = PICK(&rng, 1, 2, 3);
    p.T = PICK(&rng, 1, 2, 5, 16, 17, 33, 64, 70);
    p.K = PICK(&rng, 1, 2, 3);
    p.H = p.K * PICK(&rng, 1, 1, 2, 4);
    p.D = PICK(&rng, 1, 3, 8, 16, 31, 32, 64);
    p.Dv = rng_chance(&rng, .7) ? p.D : PICK(&rng, 1, 8, 17, 48);
    p.E = PICK(&rng, 1, 7, 16, 48, 64, 100, 160);
    p.cross = rng_chance(&rng, .4);
    p.S = p.cross ? PICK(&rng, 1, 4, 31, 64, 65, 130, 200) : p.T;
    p.W = p.cross && rng_chance(&rng, .6) ? PICK(&rng, 1, 9, 48, 96) : p.E;
    p.packed = p.W == p.E && rng_chance(&rng, .4);
    p.projected = rng_chance(&rng, .8);
    p.F = !p.projected ? p.H * p.Dv : rng_chance(&rng, .6) ? p.E : PICK(&rng, 1, 12, 65);
    p.biased = (int)rng_below(&rng, 16);
    p.order = (int32_t)rng_below(&rng, 2);
    p.dtype = (int32_t)PICK(&rng, SA_F32, SA_F32, SA_F16, SA_BF16);
    p.gap = rng_chance(&rng, .5) ? 0 : 1 + rng_below(&rng, 9);
    p.backwards = rng_chance(&rng, .15);
    p.scale = rng_chance(&rng, .8) ? 0 : .5f / sqrtf((float)p.D);
    p.softcap = rng_chance(&rng, .8) ? 0 : 5;
    return p;
}

/* `count` normal numbers times `deviation` in the layer's dtype. One in 16 is so small that binary16 has only a
 * subnormal number for it. */
static void *numbers(struct layer_sample *s, struct rng *rng, int64_t count, double deviation) {
    int32_t dtype = s->shape.dtype;
    void *data = own(s, count, dtype == SA_F32 ? sizeof(float) : sizeof(uint16_t));
    for (int64_t i = 0; i < count; i++) {
        float value = (float)(rng_normal(rng) * deviation * (rng_chance(rng, .0625) ? 1e-5 : 1));
        if (dtype == SA_F32)
            ((float *)data)[i] = value;
        else
            ((uint16_t *)data)[i] = half_nearest(value, dtype);
    }
    return data;
}

static void make_weights(struct layer_sample *s, struct rng *rng) {
    const struct layer_shape *p = &s->shape;
    sa_layer_config *c = &s->config;
    int64_t q = p->H * p->D, k = p->K * p->D, v = p->K * p->Dv;
    double in = 1 / sqrt((double)p->E), context = 1 / sqrt((double)p->W), joined = 1 / sqrt((double)(p->H * p->Dv));
    if (p->packed) {
        c->weight_qkv = numbers(s, rng, (q + k + v) * p->E, in);
        if (p->biased & 7) c->bias_qkv = numbers(s, rng, q + k + v, .3);
    } else {
        c->weight_q = numbers(s, rng, q * p->E, in);
        c->weight_k = numbers(s, rng, k * p->W, context);
        c->weight_v = numbers(s, rng, v * p->W, context);
        if (p->biased & 1) c->bias_q = numbers(s, rng, q, .3);
        if (p->biased & 2) c->bias_k = numbers(s, rng, k, .3);
        if (p->biased & 4) c->bias_v = numbers(s, rng, v, .3);
    }
    if (p->projected) c->weight_o = numbers(s, rng, p->F * p->H * p->Dv, joined);
    if (p->projected && p->biased & 8) c->bias_o = numbers(s, rng, p->F, .3);
}

/* Rows of `width` floats with gaps between rows and, in number odd to everything, between sequences. */
static sa_tensor rows(struct layer_sample *s, struct rng *rng, int64_t count, int64_t width) {
    const struct layer_shape *p = &s->shape;
    int64_t row = width + p->gap, batch = count * row + (p->gap ? 2 * p->gap + 1 : 0);
    sa_tensor t;
    float *data = own(s, p->B * batch, sizeof *data);
    for (int64_t i = 0; i < p->B * batch; i++) data[i] = rng ? rng_normal(rng) : NAN;
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, p->B, 1, count, width);
    t.stride[0] = batch;
    t.stride[2] = row;
    if (p->backwards) {
        t.data = data + (p->B - 1) * batch + (count - 1) * row;
        t.stride[0] = -batch;
        t.stride[2] = -row;
    }
    return t;
}

static void make_call(struct layer_sample *s, struct rng *rng) {
    const struct layer_shape *p = &s->shape;
    sa_forward_args *a = &s->args;
    a->struct_size = sizeof *a;
    a->x = rows(s, rng, p->T, p->E);
    if (p->cross) a->context = rows(s, rng, p->S, p->W);
    a->y = rows(s, NULL, p->T, p->F);
    s->y = s->memory[s->memories - 1].data;
    s->y_floats = (int64_t)(s->memory[s->memories - 1].bytes / sizeof(float));
    sa_tensor_set(&a->lse, own(s, p->B * p->H * p->T, sizeof(float)), SA_F32, SA_BHSD, p->B, p->H, p->T, 1);
    sa_tensor_set(&a->weights, own(s, p->B * p->H * p->T * p->S, sizeof(float)), SA_F32, SA_BHSD, p->B, p->H, p->T,
                  p->S);
}

void layer_sample_make(struct layer_sample *s, const struct layer_shape *shape, uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 5};
    const struct layer_shape *p = &s->shape;
    *s = (struct layer_sample){.shape = *shape};
    s->config = (sa_layer_config){.struct_size = sizeof s->config,
                                  .model_width = p->E,
                                  .context_width = p->W,
                                  .output_width = p->F,
                                  .query_heads = p->H,
                                  .kv_heads = p->K,
                                  .head_size = p->D,
                                  .value_head_size = p->Dv,
                                  .weight_order = p->order,
                                  .weight_dtype = p->dtype,
                                  .scale = p->scale,
                                  .softcap = p->softcap};
    make_weights(s, &rng);
    make_call(s, &rng);
    layer_sample_clear(s);
    snprintf(s->text, sizeof s->text,
             "seed %llu: B%lld T%lld S%lld H%lld K%lld D%lld Dv%lld E%lld W%lld F%lld cross %d packed %d output %d "
             "biases %x order %d dtype %d gap %lld%s cap %g",
             (unsigned long long)seed, (long long)p->B, (long long)p->T, (long long)p->S, (long long)p->H,
             (long long)p->K, (long long)p->D, (long long)p->Dv, (long long)p->E, (long long)p->W, (long long)p->F,
             p->cross, p->packed, p->projected, (unsigned)p->biased, p->order, p->dtype, (long long)p->gap,
             p->backwards ? " backwards" : "", (double)p->softcap);
}

void layer_sample_mask(struct layer_sample *s, uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 13};
    const struct layer_shape *p = &s->shape;
    sa_masking *m = &s->masking;
    m->struct_size = sizeof *m;
    s->args.masking = m;
    m->causal = rng_chance(&rng, .5);
    m->align = (int32_t)rng_below(&rng, 3);
    if (rng_chance(&rng, .4)) {
        int64_t *lengths = own(s, p->B, sizeof *lengths);
        for (int64_t b = 0; b < p->B; b++) lengths[b] = rng_below(&rng, p->S + 1);
        m->key_lengths = lengths;
    }
    if (rng_chance(&rng, .3)) {
        m->window = 1;
        m->window_left = rng_below(&rng, p->S + 1);
        m->window_right = rng_below(&rng, p->S + 1) - 1;
    }
    if (rng_chance(&rng, .5)) {
        int64_t heads = rng_chance(&rng, .5) ? p->H : 1, count = heads * p->T * p->S;
        float *mask = own(s, count, sizeof *mask);
        for (int64_t i = 0; i < count; i++) mask[i] = rng_chance(&rng, .7) ? rng_normal(&rng) : -INFINITY;
        sa_tensor_set(&m->mask, mask, SA_F32, SA_BHSD, 1, heads, p->T, p->S);
    }
    if (s->args.weights.data) s->args.weights_kind = rng_chance(&rng, .6) ? 0 : (int32_t)rng_below(&rng, 4);
}

void layer_sample_clear(struct layer_sample *s) {
    const struct layer_shape *p = &s->shape;
    for (int64_t i = 0; i < s->y_floats; i++) s->y[i] = NAN;
    for (int64_t i = 0; s->args.lse.data && i < p->B * p->H * p->T; i++) ((float *)s->args.lse.data)[i] = NAN;
    for (int64_t i = 0; s->args.weights.data && i < p->B * p->H * p->T * p->S; i++)
        ((float *)s->args.weights.data)[i] = NAN;
}

void layer_sample_free(struct layer_sample *s) {
    for (int i = 0; i < s->memories; i++) guarded_free(s->memory[i].data, s->memory[i].bytes);
    s->memories = 0;
}

sa_layer *layer_sample_open(const struct layer_sample *s, sa_ctx *ctx) {
    sa_layer *layer = NULL;
    if (sa_layer_create(ctx, &s->config, &layer) == SA_OK) return layer;
    fprintf(stderr, "%s: %s\n", s->text, sa_ctx_last_error(ctx));
    exit(1);
}
