/* A caller's own loop may run its bodies in any order, on any threads, one at a time or all at once: attention with
 * blocks and gradients, linear attention and convolution give the bits that one thread gives. And a context takes as
 * many threads as its process may use.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/paths.h"
#include "support/random.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <string.h>

enum { B = 2, H = 4, T = 200, D = 24, HEADS = B * H * T * D, BLOCK = 32, LINES = (T + BLOCK - 1) / BLOCK, MOST = 64 };

/* Inputs and outputs of a call. */
static float query[HEADS], key[HEADS], value[HEADS], grad[HEADS], outputs[5 * HEADS];

static sa_tensor view(float *data) {
    sa_tensor t;
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, B, H, T, D);
    return t;
}

static sa_status attend_blocks(sa_ctx *ctx) {
    static int64_t offsets[LINES + 1], count;
    static int32_t indices[MOST];
    const sa_pattern pattern = {.struct_size = sizeof pattern,
                                .queries = T,
                                .keys = T,
                                .query_block = BLOCK,
                                .key_block = BLOCK,
                                .window = 1,
                                .window_left = 40,
                                .global_tokens = 8};
    cr_assert_eq(sa_pattern_blocks(&pattern, offsets, indices, MOST, &count), SA_OK);
    cr_assert_leq(count, MOST);
    const sa_block_list blocks = {.struct_size = sizeof blocks,
                                  .query_block = BLOCK,
                                  .key_block = BLOCK,
                                  .sequences = 1,
                                  .heads = 1,
                                  .offsets = offsets,
                                  .indices = indices};
    const sa_attention_args args = {.struct_size = sizeof args,
                                    .query = view(query),
                                    .key = view(key),
                                    .value = view(value),
                                    .output = view(outputs),
                                    .blocks = &blocks};
    return sa_attention(ctx, &args);
}

static sa_status attend_backward(sa_ctx *ctx) {
    static float lse[B * H * T];
    sa_attention_args args = {.struct_size = sizeof args,
                              .query = view(query),
                              .key = view(key),
                              .value = view(value),
                              .output = view(outputs)};
    const sa_attention_gradients gradients = {.struct_size = sizeof gradients,
                                              .output = view(grad),
                                              .query = view(outputs + HEADS),
                                              .key = view(outputs + 2 * HEADS),
                                              .value = view(outputs + 3 * HEADS)};
    sa_tensor_set(&args.lse, lse, SA_F32, SA_BHSD, B, H, T, 1);
    const sa_status status = sa_attention(ctx, &args);
    return status == SA_OK ? sa_attention_backward(ctx, &args, &gradients) : status;
}

static sa_status attend_linearly(sa_ctx *ctx) {
    const sa_linear_attention_args args = {.struct_size = sizeof args,
                                           .query = view(query),
                                           .key = view(key),
                                           .value = view(value),
                                           .output = view(outputs),
                                           .features = SA_FEATURES_ELU,
                                           .normalised = 1};
    return sa_linear_attention(ctx, &args);
}

static void expect_same_bits(const char *name, const struct way *way, sa_status (*call)(sa_ctx *)) {
    static float want[5 * HEADS];
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return;
    memset(outputs, 0, sizeof outputs);
    cr_assert_eq(call(ctx), SA_OK, "%s, %s: %s", name, way->name, sa_ctx_last_error(ctx));
    memcpy(want, outputs, sizeof want);
    sa_ctx_destroy(&ctx);
    for (int i = 0; i < 3 * LOOPS; i++) {
        const uint64_t start = 1 + 100 * (uint64_t)i;
        uint64_t seed = start;
        const sa_ctx_options options = {.struct_size = sizeof options,
                                        .threads = 2 + i / LOOPS * 5,
                                        .parallel_for = loops[i % LOOPS],
                                        .parallel_user = &seed,
                                        .path = way->path,
                                        .isa = way->isa,
                                        .precision = way->precision};
        ctx = ctx_open(&options);
        memset(outputs, 0, sizeof outputs);
        cr_assert_eq(call(ctx), SA_OK, "%s, %s: %s", name, way->name, sa_ctx_last_error(ctx));
        cr_expect(!memcmp(outputs, want, sizeof want), "%s, %s, loop %d, %d threads: other bits", name, way->name,
                  i % LOOPS, options.threads);
        cr_expect(loops[i % LOOPS] == pool_for || seed > start, "%s, %s: the loop is not used", name, way->name);
        sa_ctx_destroy(&ctx);
    }
}

Test(runners, any_order_and_any_threads_give_the_same_bits) {
    struct rng rng = {1};
    float *const inputs[] = {query, key, value, grad};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < HEADS; j++) inputs[i][j] = rng_normal(&rng);
    for (int w = 0; w < all_ways_count; w++) {
        expect_same_bits("blocks", &ways[w], attend_blocks);
        expect_same_bits("gradients", &ways[w], attend_backward);
        expect_same_bits("linear attention", &ways[w], attend_linearly);
    }
}

Test(runners, a_process_that_may_use_one_cpu_gets_one_thread) {
    cpu_set_t all, one;
    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    sa_ctx *ctx = ctx_open(NULL);
    cr_expect_leq(sa_ctx_threads(ctx), CPU_COUNT(&all));
    sa_ctx_destroy(&ctx);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, &all)) cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ctx = ctx_open(NULL);
    cr_expect_eq(sa_ctx_threads(ctx), 1, "%d threads on one CPU", sa_ctx_threads(ctx));
    sa_ctx_destroy(&ctx);
}
