/* sa_forward() of random layers on every path and instruction set: at once, and in chunks with a cache, against the
 * plain path. Numbers are of variance near 1, so that float32 is within a fixed distance.
 * SPDX-License-Identifier: MIT */
#include "fuzz/input.h"
#include "selfattn.h"
#include "support/half.h"
#include "support/paths.h"

#include <math.h>
#include <string.h>

enum { MOST_WAYS = 16, BLOCKS = 24 };

static sa_ctx *contexts[MOST_WAYS];

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    const sa_ctx_options plain = {.struct_size = sizeof plain, .path = SA_PATH_PLAIN, .threads = 1};
    contexts[0] = ctx_open(&plain); /* what the others are compared with, also where one BLAS alone is tested */
    for (int w = 1; w < all_ways_count; w++)
        if (ways[w].path != SA_PATH_BLAS || ways[w].isa == SA_ISA_PORTABLE) contexts[w] = way_open(&ways[w], 1);
    return 0;
}

/* Letters as in selfattn.h, W the context's width, F the output's. */
struct call {
    int64_t B, T, S, H, K, D, Dv, E, W, F;
    int cross;
    sa_layer_config config;
    sa_rope rope;
    sa_score_rules rules;
    sa_masking masking;
    sa_forward_args args;
    int64_t *positions;
    float *y;
    void *memory[BLOCKS];
    int memories;
};

static void *own(struct call *c, int64_t count, size_t size) {
    void *memory = calloc((size_t)(count > 0 ? count : 1), size);
    EXPECT(memory && c->memories < BLOCKS, "no memory for the layer");
    return c->memory[c->memories++] = memory;
}

static float *floats(struct call *c, struct rng *rng, int64_t count, double deviation) {
    float *numbers = own(c, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = (float)(rng_normal(rng) * deviation);
    return numbers;
}

/* Weights in the layer's type. */
static void *weights(struct call *c, struct rng *rng, int64_t count, double deviation) {
    float *numbers = floats(c, rng, count, deviation);
    if (c->config.weight_dtype == SA_F32) return numbers;
    uint16_t *halves = own(c, count, sizeof *halves);
    for (int64_t i = 0; i < count; i++) halves[i] = half_nearest((double)numbers[i], c->config.weight_dtype);
    return halves;
}

static void take_layer(struct call *c, struct input *in) {
    sa_layer_config *l = &c->config;
    const int64_t choices = take(in), more = take(in), q = c->H * c->D, k = c->K * c->D, v = c->K * c->Dv;
    struct rng rng = take_rng(in);
    *l = (sa_layer_config){.struct_size = sizeof *l,
                           .model_width = c->E,
                           .context_width = c->W,
                           .output_width = c->F,
                           .query_heads = c->H,
                           .kv_heads = c->K,
                           .head_size = c->D,
                           .value_head_size = c->Dv,
                           .weight_order = (int32_t)(choices & 1),
                           .weight_dtype = (int32_t)TAKE(in, SA_F32, SA_BF16, SA_F16),
                           .softcap = choices & 2 ? 5 : 0};
    const double in_x = 1 / sqrt((double)c->E), in_context = 1 / sqrt((double)c->W);
    if (choices & 4 && c->W == c->E) {
        l->weight_qkv = weights(c, &rng, (q + k + v) * c->E, in_x);
        if (choices & 8) l->bias_qkv = weights(c, &rng, q + k + v, .3);
    } else {
        l->weight_q = weights(c, &rng, q * c->E, in_x);
        l->weight_k = weights(c, &rng, k * c->W, in_context);
        l->weight_v = weights(c, &rng, v * c->W, in_context);
        if (choices & 8) l->bias_k = weights(c, &rng, k, .3);
    }
    if (c->F != c->H * c->Dv || choices & 16) l->weight_o = weights(c, &rng, c->F * c->H * c->Dv, .3);
    if (l->weight_o && choices & 32) l->bias_o = weights(c, &rng, c->F, .3);
    if (choices & 64 && c->D % 2 == 0) {
        c->rope = (sa_rope){.struct_size = sizeof c->rope, .style = (int32_t)(more & 1), .rotary = more & 2 ? 2 : 0};
        l->rope = &c->rope;
    }
    if (choices & 128) {
        /* Weights of one sign and a large epsilon: a small error must not become a large one. */
        l->norm_all_heads = more & 4 ? 1 : 0;
        l->query_norm = floats(c, &rng, more & 4 ? q : c->D, .5);
        l->key_norm = floats(c, &rng, more & 4 ? k : c->D, .5);
        l->norm_epsilon = .1f;
    }
    if (more & 8) {
        c->rules = (sa_score_rules){.struct_size = sizeof c->rules, .sink_logits = floats(c, &rng, c->H, 1)};
        if (more & 16) c->rules.alibi_slopes = floats(c, &rng, c->H, .1);
        l->rules = &c->rules;
    }
}

static void take_call(struct call *c, struct input *in) {
    sa_forward_args *a = &c->args;
    const int64_t choices = take(in);
    struct rng rng = take_rng(in);
    *a = (sa_forward_args){.struct_size = sizeof *a};
    sa_tensor_set(&a->x, floats(c, &rng, c->B * c->T * c->E, 1), SA_F32, SA_BHSD, c->B, 1, c->T, c->E);
    if (c->cross)
        sa_tensor_set(&a->context, floats(c, &rng, c->B * c->S * c->W, 1), SA_F32, SA_BHSD, c->B, 1, c->S, c->W);
    c->y = own(c, c->B * c->T * c->F, sizeof *c->y);
    sa_tensor_set(&a->y, c->y, SA_F32, SA_BHSD, c->B, 1, c->T, c->F);
    if (choices & 1) {
        c->masking = (sa_masking){.struct_size = sizeof c->masking, .causal = (int32_t)(choices >> 1 & 1)};
        if (choices & 4)
            c->masking.window = 1, c->masking.window_left = take_below(in, 20), c->masking.window_right = -1;
        if (choices & 8) {
            int64_t *lengths = own(c, c->B, sizeof *lengths);
            for (int64_t b = 0; b < c->B; b++) lengths[b] = take_below(in, c->S + 1);
            c->masking.key_lengths = lengths;
        }
        a->masking = &c->masking;
    }
    if (choices & 16 && c->config.rope) {
        c->positions = own(c, c->B * c->T, sizeof *c->positions);
        for (int64_t i = 0; i < c->B * c->T; i++) c->positions[i] = take_below(in, 300);
        a->positions = c->positions;
    }
}

static void make(struct call *c, struct input *in) {
    *c = (struct call){.B = TAKE(in, 1, 1, 2, 3),
                       .T = TAKE(in, 1, 1, 2, 3, 5, 8, 15, 16, 17, 24, 33),
                       .K = TAKE(in, 1, 1, 2, 3),
                       .D = TAKE(in, 1, 2, 4, 6, 8, 15, 16, 24, 32),
                       .E = TAKE(in, 1, 4, 7, 16, 24, 33, 64)};
    c->H = c->K * TAKE(in, 1, 1, 2, 3);
    c->Dv = take_chance(in, 60) ? TAKE(in, 1, 5, 8, 16) : c->D;
    c->cross = take_chance(in, 60);
    c->S = c->cross ? TAKE(in, 1, 2, 5, 16, 17, 40, 65) : c->T;
    c->W = c->cross && take_chance(in, 128) ? TAKE(in, 1, 3, 8, 20) : c->E;
    c->F = take_chance(in, 128) ? TAKE(in, 1, 8, 9, 24) : c->H * c->Dv;
    take_layer(c, in);
    take_call(c, in);
}

static double largest(const float *numbers, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; i++) most = fmax(most, fabs((double)numbers[i]));
    return most;
}

static void expect_near(const struct call *c, const float *want, const struct way *way, const char *what) {
    const int64_t count = c->B * c->T * c->F;
    const double allowed = (way->precision == SA_PRECISION_HIGHEST ? 1e-3 : .5) * (1 + largest(want, count));
    for (int64_t i = 0; i < count; i++)
        EXPECT(fabs((double)c->y[i] - (double)want[i]) <= allowed, "%s, %s, result %lld: %.9g, not %.9g", way->name,
               what, (long long)i, (double)c->y[i], (double)want[i]);
}

static void clear(struct call *c) {
    for (int64_t i = 0; i < c->B * c->T * c->F; i++) c->y[i] = NAN;
}

/* The tokens of x in chunks, with a cache: what a causal call gives at once. */
static void run_chunks(struct call *c, const sa_layer *layer, sa_ctx *ctx, struct input *in) {
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = c->B, .kv_heads = c->K, .head_size = c->D, .value_head_size = c->Dv};
    sa_cache *cache;
    EXPECT(sa_cache_create(ctx, &config, &cache) == SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t from = 0, n; from < c->T; from += n) {
        sa_forward_args part = c->args;
        n = 1 + take_below(in, c->T - from);
        part.cache = cache;
        part.x.data = (float *)part.x.data + from * c->E, part.x.size[2] = n;
        part.y.data = (float *)part.y.data + from * c->F, part.y.size[2] = n;
        EXPECT(sa_forward(ctx, layer, &part) == SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    sa_cache_destroy(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct call c;
    make(&c, &in);
    const int64_t count = c.B * c.T * c.F;
    float *want = calloc((size_t)(count > 0 ? count : 1), sizeof *want);
    const int causal = !c.cross && !c.positions && c.masking.causal && !c.masking.key_lengths;
    for (int w = 0; w < all_ways_count; w++) {
        sa_layer *layer = NULL;
        if (!contexts[w]) continue;
        EXPECT(sa_layer_create(contexts[w], &c.config, &layer) == SA_OK, "%s: %s", ways[w].name,
               sa_ctx_last_error(contexts[w]));
        clear(&c);
        EXPECT(sa_forward(contexts[w], layer, &c.args) == SA_OK, "%s: %s", ways[w].name,
               sa_ctx_last_error(contexts[w]));
        if (w == 0) memcpy(want, c.y, (size_t)count * sizeof *want);
        expect_near(&c, want, &ways[w], "at once");
        if (causal) {
            clear(&c);
            run_chunks(&c, layer, contexts[w], &in);
            expect_near(&c, want, &ways[w], "in chunks");
        }
        sa_layer_destroy(&layer);
    }
    for (int i = 0; i < c.memories; i++) free(c.memory[i]);
    free(want);
    return 0;
}
