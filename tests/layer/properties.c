/* What holds for a layer whatever the numbers are: with same_bits a sequence has the same bits alone, padded, packed
 * and in chunks, on 1 to 64 threads; and a context that equals x is self-attention.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { B = 5, H = 6, K = 2, D = 16, E = 80, T = 40, ROWS = 1 + 4 + 16 + 17 + T };

static const int64_t lengths[B] = {1, 4, 16, 17, T}, starts[B + 1] = {0, 1, 5, 21, 38, ROWS};
static float matrix_q[E * H * D], matrix_k[E * K * D], matrix_v[E * K * D], matrix_o[E * H * D], bias[E];
static double frequency[D / 2];
static float packed[ROWS * E], padded[B * T * E], alone[ROWS * E], got[B * T * E];

static const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};

static void fill(float *x, int64_t n, double size, struct rng *rng) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)(size * (double)rng_normal(rng));
}

static void make(void) {
    struct rng rng = {7};
    float *const matrices[] = {matrix_q, matrix_k, matrix_v, matrix_o};
    const int64_t sizes[] = {E * H * D, E * K * D, E * K * D, E * H * D};
    for (int i = 0; i < 4; i++) fill(matrices[i], sizes[i], sqrt(1. / E), &rng);
    for (int i = 0; i < D / 2; i++) frequency[i] = pow(1e4, -2. * i / D);
    fill(bias, E, 1, &rng);
    fill(packed, ROWS * E, 1, &rng);
    for (int b = 0; b < B; b++)
        memcpy(padded + b * T * E, packed + starts[b] * E, (size_t)(lengths[b] * E) * sizeof(float));
}

static sa_layer *open_layer(sa_ctx *ctx) {
    const sa_rope rope = {.struct_size = sizeof rope, .inverse_frequency = frequency};
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .kv_heads = K,
                                    .head_size = D,
                                    .weight_q = matrix_q,
                                    .weight_k = matrix_k,
                                    .weight_v = matrix_v,
                                    .weight_o = matrix_o,
                                    .bias_o = bias,
                                    .rope = &rope};
    sa_layer *layer;
    cr_assert_eq(sa_layer_create(ctx, &config, &layer), SA_OK, "%s", sa_ctx_last_error(ctx));
    return layer;
}

/* x and y of so many sequences of so many tokens, in rows one behind the other. */
static sa_forward_args rows_of(float *x, float *y, int64_t batch, int64_t tokens) {
    sa_forward_args args = {.struct_size = sizeof args, .masking = &causal};
    sa_tensor_set(&args.x, x, SA_F32, SA_BSHD, batch, 1, tokens, E);
    sa_tensor_set(&args.y, y, SA_F32, SA_BSHD, batch, 1, tokens, E);
    return args;
}

static void forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) {
    cr_assert_eq(sa_forward(ctx, layer, args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void expect_bits(const struct way *way, const char *how, int sequence, const float *y) {
    cr_expect(!memcmp(y, alone + starts[sequence] * E, (size_t)(lengths[sequence] * E) * sizeof *y),
              "%s: a sequence of %lld tokens has other bits %s", way->name, (long long)lengths[sequence], how);
}

static void check_together(const struct way *way, sa_ctx *ctx, const sa_layer *layer) {
    const sa_packing packing = {.struct_size = sizeof packing, .sequences = B, .query_starts = starts};
    sa_forward_args args = rows_of(padded, got, B, T);
    memset(got, 0xff, sizeof got);
    forward(ctx, layer, &args);
    /* A BLAS may sum up products of another height or depth in another order. */
    for (int b = 0; b < B && way->path != SA_PATH_BLAS; b++) expect_bits(way, "padded", b, got + b * T * E);
    args = rows_of(packed, got, 1, ROWS);
    args.packing = &packing;
    memset(got, 0xff, sizeof got);
    forward(ctx, layer, &args);
    for (int b = 0; b < B; b++) expect_bits(way, "packed", b, got + starts[b] * E);
}

/* In chunks of random lengths, the first time of one token. */
static void check_chunks(const struct way *way, sa_ctx *ctx, const sa_layer *layer, struct rng *rng, int round) {
    const sa_cache_config config = {
        .struct_size = sizeof config, .layers = 1, .batch = 1, .kv_heads = K, .head_size = D};
    for (int b = 0; b < B; b++) {
        sa_cache *cache;
        cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int64_t at = 0, count; at < lengths[b]; at += count) {
            count = round ? 1 + rng_below(rng, lengths[b] - at) : 1;
            sa_forward_args args = rows_of(packed + (starts[b] + at) * E, got + at * E, 1, count);
            args.cache = cache;
            forward(ctx, layer, &args);
        }
        expect_bits(way, "in chunks", b, got);
        sa_cache_destroy(&cache);
    }
}

Test(properties, with_same_bits_a_sequence_has_its_bits_alone_padded_packed_and_in_chunks) {
    static const int32_t threads[] = {1, 2, 3, 5, 8, 17, 64};
    struct rng rng = {3};
    make();
    for (int w = 0; w < all_ways_count; w++)
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
            sa_ctx *ctx = way_open_same_bits(&ways[w], threads[t]);
            if (!ctx) break;
            sa_layer *layer = open_layer(ctx);
            for (int b = 0; b < B && t == 0; b++) {
                const sa_forward_args args = rows_of(packed + starts[b] * E, alone + starts[b] * E, 1, lengths[b]);
                forward(ctx, layer, &args);
            }
            check_together(&ways[w], ctx, layer);
            for (int round = 0; round < 3 && ways[w].path != SA_PATH_BLAS; round++)
                check_chunks(&ways[w], ctx, layer, &rng, round);
            sa_layer_destroy(&layer);
            sa_ctx_destroy(&ctx);
        }
}

Test(properties, a_context_that_equals_x_is_self_attention) {
    static float context[B * T * E], self[B * T * E];
    make();
    memcpy(context, padded, sizeof context);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open_same_bits(&ways[w], 3);
        if (!ctx) continue;
        sa_layer *layer = open_layer(ctx);
        sa_forward_args args = rows_of(padded, self, B, T);
        forward(ctx, layer, &args);
        args = rows_of(padded, got, B, T);
        sa_tensor_set(&args.context, context, SA_F32, SA_BSHD, B, 1, T, E);
        memset(got, 0xff, sizeof got);
        forward(ctx, layer, &args);
        cr_expect_arr_eq(got, self, sizeof got, "%s: other bits", ways[w].name);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
}
