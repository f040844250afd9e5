/* A layer with random weights, timed whole: projections, attention, output projection.
 * SPDX-License-Identifier: MIT */
#include "library.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

struct layer {
    sa_ctx *ctx;
    sa_layer *layer;
    float *x, *context, *y;
    sa_masking masking;
    sa_forward_args args;
};

double layer_flops(const struct shape *s) {
    double width = (double)(s->H * s->D), B = (double)s->B;
    double queries_and_output = 4 * B * (double)s->T * width * width;
    double keys_and_values = 4 * B * (double)s->S * width * (double)(s->K * s->D);
    return queries_and_output + keys_and_values + shape_flops(s);
}

static float *random_matrix(int64_t rows, int64_t columns, float sigma, uint64_t seed, const char *what) {
    float *x = floats_new(rows, columns, 1, 1, what);
    if (x) floats_normal(x, rows * columns, sigma, seed);
    return x;
}

/* Weights of deviation 1/sqrt(E) keep queries and keys at unit variance. */
static int create_layer(struct layer *l, const struct shape *s) {
    const int64_t E = s->H * s->D, kv = s->K * s->D;
    const float sigma = 1 / sqrtf((float)E);
    float *weights = random_matrix(2 * (E + kv), E, sigma, 4, "weights");
    if (!weights) return FAILED;
    sa_layer_config config = {.struct_size = sizeof config, .model_width = E, .query_heads = s->H, .kv_heads = s->K};
    config.weight_q = weights;
    config.weight_k = weights + E * E;
    config.weight_v = weights + (E + kv) * E;
    config.weight_o = weights + (E + 2 * kv) * E;
    sa_status status = sa_layer_create(l->ctx, &config, &l->layer);
    free(weights);
    return status == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

static int create_arguments(struct layer *l, const struct shape *s) {
    const int64_t E = s->H * s->D;
    const int cross = s->S != s->T;
    l->x = random_matrix(s->B * s->T, E, 1, 1, "the input");
    l->context = cross ? random_matrix(s->B * s->S, E, 1, 2, "the context") : NULL;
    l->y = random_matrix(s->B * s->T, E, 1, 3, "the output");
    if (!l->x || !l->y || (cross && !l->context)) return FAILED;
    l->masking = (sa_masking){.struct_size = sizeof l->masking, .causal = s->causal};
    l->args = (sa_forward_args){.struct_size = sizeof l->args, .masking = &l->masking};
    sa_tensor_set(&l->args.x, l->x, SA_F32, SA_BHSD, s->B, 1, s->T, E);
    if (cross) sa_tensor_set(&l->args.context, l->context, SA_F32, SA_BHSD, s->B, 1, s->S, E);
    sa_tensor_set(&l->args.y, l->y, SA_F32, SA_BHSD, s->B, 1, s->T, E);
    return DONE;
}

void *layer_open(const struct shape *shape, int threads) {
    struct layer *l = calloc(1, sizeof *l);
    if (!l) {
        complain_memory(sizeof *l, "the layer");
        return NULL;
    }
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    int status = DONE;
    if (sa_ctx_create(&options, &l->ctx) != SA_OK) status = complain(FAILED, "%s", sa_ctx_last_error(NULL));
    if (!status) status = create_layer(l, shape);
    if (!status) status = create_arguments(l, shape);
    if (!status) return l;
    layer_close(l);
    return NULL;
}

int layer_run(void *layer) {
    struct layer *l = layer;
    return sa_forward(l->ctx, l->layer, &l->args) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

void layer_close(void *layer) {
    struct layer *l = layer;
    if (!l) return;
    sa_layer_destroy(&l->layer);
    sa_ctx_destroy(&l->ctx);
    free(l->x);
    free(l->context);
    free(l->y);
    free(l);
}
