/* Memory of calls that stand beside attention and layers: every allocation fails in turn. The call says so, nothing
 * leaks, and made again it gives the result that it always gives.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <string.h>

enum {
    B = 2,
    H = 4,
    K = 2,
    T = 70,
    D = 8,
    E = 32,
    LATENT = 6,
    ROTARY = 2,
    COUNT = B * H * T * (D + ROTARY),
    PARTS = 2
};
enum { BLOCK = 16, BLOCKS = (T + BLOCK - 1) / BLOCK, MOST = 2, STRONGEST = 3, SEQUENCES = 3 };

static float in[COUNT], out[3][COUNT];
static int64_t offsets[H * (BLOCKS + 1)];
static int32_t indices[H * BLOCKS * BLOCKS], strongest[B * H * T * STRONGEST];

static sa_tensor view(float *data, int64_t batch, int64_t heads, int64_t tokens, int64_t size) {
    sa_tensor t;
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, batch, heads, tokens, size);
    return t;
}

static sa_attention_args arguments(void) {
    return (sa_attention_args){.struct_size = sizeof(sa_attention_args),
                               .query = view(in, B, H, T, D),
                               .key = view(in, B, K, T, D),
                               .value = view(in, B, K, T, D),
                               .output = view(out[0], B, H, T, D),
                               .lse = view(out[1], B, H, T, 1)};
}

static sa_status top_blocks(sa_ctx *ctx) {
    const sa_tensor query = view(in, 1, H, T, D), key = view(in, 1, K, T, D);
    return sa_top_blocks(ctx, &query, &key, BLOCK, BLOCK, MOST, 1, 0, offsets, indices);
}

static sa_status with_blocks(sa_ctx *ctx) {
    sa_status status = top_blocks(ctx);
    const sa_block_list blocks = {.struct_size = sizeof blocks,
                                  .query_block = BLOCK,
                                  .key_block = BLOCK,
                                  .sequences = 1,
                                  .heads = H,
                                  .offsets = offsets,
                                  .indices = indices};
    sa_attention_args args = arguments();
    args.blocks = &blocks;
    return status == SA_OK ? sa_attention(ctx, &args) : status;
}

static sa_status with_summaries(sa_ctx *ctx) {
    const sa_summaries summaries = {.struct_size = sizeof summaries,
                                    .key_sums = view(out[2], B, H, T, 1),
                                    .entropy = view(out[2] + B * H * T, B, H, T, 1),
                                    .strongest = STRONGEST,
                                    .strongest_weights = view(out[2] + 2 * B * H * T, B, H, T, STRONGEST),
                                    .strongest_keys = strongest};
    sa_attention_args args = arguments();
    args.summaries = &summaries;
    return sa_attention(ctx, &args);
}

static sa_status with_packing(sa_ctx *ctx) {
    static const int64_t starts[SEQUENCES + 1] = {0, 5, 5, T};
    const sa_packing packing = {.struct_size = sizeof packing, .sequences = SEQUENCES, .query_starts = starts};
    sa_attention_args args = arguments();
    args.query.size[0] = args.key.size[0] = args.value.size[0] = args.output.size[0] = args.lse.size[0] = 1;
    args.packing = &packing;
    return sa_attention(ctx, &args);
}

static sa_status with_gradients(sa_ctx *ctx) {
    const sa_attention_args args = arguments();
    const sa_attention_gradients gradients = {
        .struct_size = sizeof gradients, .output = view(in, B, H, T, D), .query = view(out[2], B, H, T, D)};
    const sa_status status = sa_attention(ctx, &args);
    return status == SA_OK ? sa_attention_backward(ctx, &args, &gradients) : status;
}

static sa_status merge(sa_ctx *ctx) {
    const sa_tensor outputs[PARTS] = {view(in, B, H, T, D), view(out[2], B, H, T, D)},
                    lses[PARTS] = {view(in, B, H, T, 1), view(out[2], B, H, T, 1)};
    const sa_attention_merge_args args = {.struct_size = sizeof args,
                                          .count = PARTS,
                                          .outputs = outputs,
                                          .lses = lses,
                                          .output = view(out[0], B, H, T, D)};
    return sa_attention_merge(ctx, &args);
}

static sa_status convolve(sa_ctx *ctx) {
    enum { TAPS = 4 };
    const sa_causal_conv_args args = {.struct_size = sizeof args,
                                      .x = view(in, B, 1, T, E),
                                      .weight = view(in, 1, 1, E, TAPS),
                                      .y = view(out[0], B, 1, T, E)};
    return sa_causal_conv(ctx, &args);
}

static sa_status draw_features(sa_ctx *ctx) {
    const sa_random_features_config config = {
        .struct_size = sizeof config, .count = 20, .head_size = D, .seed = 3, .independent = 1};
    sa_random_features *features;
    sa_status status = sa_random_features_create(ctx, &config, &features);
    const sa_linear_attention_args args = {.struct_size = sizeof args,
                                           .query = view(in, B, H, T, D),
                                           .key = view(in, B, K, T, D),
                                           .value = view(in, B, K, T, D),
                                           .output = view(out[0], B, H, T, D),
                                           .random_features = features,
                                           .scale = 0.3f,
                                           .normalised = 1};
    if (status == SA_OK) status = sa_linear_attention(ctx, &args);
    sa_random_features_destroy(&features);
    return status;
}

/* A whole sequence, then a step. */
static sa_status run_latent_layer(sa_ctx *ctx) {
    const sa_latent latent = {sizeof latent, LATENT, ROTARY, 0, in, in + 7, NULL};
    const sa_rope rope = {.struct_size = sizeof rope};
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .head_size = D,
                                    .weight_q = in,
                                    .weight_o = in,
                                    .rope = &rope,
                                    .latent = &latent};
    const sa_cache_config cache_config = {.struct_size = sizeof cache_config,
                                          .batch = B,
                                          .kv_heads = 1,
                                          .head_size = LATENT + ROTARY,
                                          .value_head_size = LATENT,
                                          .values_in_keys = 1};
    sa_layer *layer;
    sa_cache *cache = NULL;
    sa_status status = sa_layer_create(ctx, &config, &layer);
    if (status == SA_OK) status = sa_cache_create(ctx, &cache_config, &cache);
    for (int64_t tokens = T; tokens > 0 && status == SA_OK; tokens -= T - 1) {
        const sa_forward_args args = {.struct_size = sizeof args,
                                      .x = view(in, B, 1, tokens, E),
                                      .y = view(out[0], B, 1, tokens, E),
                                      .cache = cache};
        status = sa_forward(ctx, layer, &args);
    }
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    return status;
}

/* Whether allocation n is reached. */
static int fails(const char *name, sa_status (*call)(sa_ctx *), int64_t n) {
    static float want[3][COUNT];
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
    test_allocator_use(&memory, &options);
    sa_ctx *ctx = ctx_open(&options);
    memset(out, 0, sizeof out);
    if (n >= 0) memory.fail_at = memory.calls + n;
    sa_status status = call(ctx);
    const int failed = memory.failures > 0;
    cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%s, allocation %lld: %s", name, (long long)n,
                 sa_ctx_last_error(ctx));
    if (failed) {
        cr_expect(strstr(sa_ctx_last_error(ctx), "no memory: "), "%s: \"%s\"", name, sa_ctx_last_error(ctx));
        memset(out, 0, sizeof out);
        cr_expect_eq(call(ctx), SA_OK, "%s again: %s", name, sa_ctx_last_error(ctx));
    }
    if (n < 0) memcpy(want, out, sizeof want);
    cr_expect(!memcmp(want, out, sizeof want), "%s, allocation %lld failed: another result", name, (long long)n);
    sa_ctx_destroy(&ctx);
    cr_expect(memory.live == 0 && memory.live_bytes == 0 && memory.faults == 0, "%s, allocation %lld: %lld blocks left",
              name, (long long)n, (long long)memory.live);
    return failed;
}

Test(memory_calls, every_allocation_may_fail) {
    static const struct {
        sa_status (*call)(sa_ctx *);
        const char *name;
        int64_t least; /* allocations */
    } calls[] = {{top_blocks, "sa_top_blocks()", 1},     {with_blocks, "blocks", 1},
                 {with_summaries, "summaries", 1},       {with_packing, "packing", 1},
                 {with_gradients, "gradients", 1},       {merge, "sa_attention_merge()", 0},
                 {convolve, "sa_causal_conv()", 0},      {draw_features, "sa_random_features_create()", 2},
                 {run_latent_layer, "a latent layer", 6}};
    for (int i = 0; i < COUNT; i++) in[i] = (float)(i * 7919 % 1000) / 500 - 1;
    for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++) {
        int64_t n = 0;
        fails(calls[c].name, calls[c].call, -1);
        while (fails(calls[c].name, calls[c].call, n)) n++;
        cr_expect_geq(n, calls[c].least, "%s allocates %lld times only", calls[c].name, (long long)n);
    }
}
