/* Decoding: the same bits for any number of threads, memory that is told beforehand, and allocations that fail.
 * SPDX-License-Identifier: MIT */
#include "layer/text.h"
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ALL = TEXT_ROPE | TEXT_NORMS | TEXT_RULES, WIDTH = TEXT_WIDTH, BATCH = TEXT_BATCH, PROMPT = 140, STEPS = 5 };

/* A prompt, then steps; y of all calls one after another. */
static void write_on(sa_ctx *ctx, const sa_layer *layer, struct text *text, sa_cache *cache, float *y) {
    for (int step = 0; step <= STEPS; step++) {
        int64_t count = step ? 1 : PROMPT, at = step ? PROMPT + step - 1 : 0;
        sa_forward_args a = text_call(text, 0, BATCH, at, count, y);
        a.cache = cache;
        text_run(ctx, layer, &a);
        y += BATCH * count * WIDTH;
    }
}

Test(decoding_memory, threads_change_no_bit) {
    static struct text text;
    static float want[BATCH * (PROMPT + STEPS) * WIDTH], got[BATCH * (PROMPT + STEPS) * WIDTH];
    text_make(&text, ALL);
    for (int w = 0; w < all_ways_count; w++)
        for (int32_t dtype = SA_F32; dtype <= SA_I8; dtype += SA_I8)
            for (int32_t threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
                sa_ctx *ctx = way_open(&ways[w], threads);
                if (!ctx) break;
                sa_layer *layer = text_layer(&text, ctx);
                sa_cache *cache =
                    text_cache(ctx, BATCH, (sa_cache_config){.dtype = dtype, .window = 60, .keep_first = 5});
                write_on(ctx, layer, &text, cache, threads == 1 ? want : got);
                cr_expect(threads == 1 || !memcmp(want, got, sizeof want), "%s, dtype %d, %d threads", ways[w].name,
                          dtype, threads);
                sa_cache_destroy(&cache);
                sa_layer_destroy(&layer);
                sa_ctx_destroy(&ctx);
            }
}

/* The size is told without touching the cache, and is what the call takes. With a capacity nothing else is allocated
 * either. */
Test(decoding_memory, is_told_beforehand) {
    static struct text text;
    static float y[BATCH * PROMPT * WIDTH];
    text_make(&text, ALL);
    for (int w = 0; w < all_ways_count; w++) {
        if (!way_is_here(&ways[w])) continue;
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {
            .struct_size = sizeof options, .threads = 2, .path = ways[w].path, .isa = ways[w].isa};
        test_allocator_use(&memory, &options);
        sa_ctx *ctx = ctx_open(&options);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *cache = text_cache(ctx, BATCH, (sa_cache_config){.capacity = PROMPT + STEPS + 1});
        for (int step = 0; step <= STEPS; step++) {
            int64_t count = step ? 1 : PROMPT, calls = memory.calls;
            uint64_t bytes = 0;
            sa_forward_args a = text_call(&text, 0, BATCH, step, count, y);
            a.cache = cache;
            cr_assert_eq(sa_forward_workspace_size(ctx, layer, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect_eq(sa_cache_length(cache, 0, 0), step ? PROMPT + step - 1 : 0, "asking adds nothing");
            cr_expect(memory.calls == calls, "asking allocates nothing");
            text_run(ctx, layer, &a);
            cr_expect(step ? memory.calls == calls : sa_ctx_scratch_bytes(ctx) == bytes,
                      "%s, step %d: %lld allocations", ways[w].name, step, (long long)(memory.calls - calls));
            cr_expect(bytes <= sa_ctx_scratch_bytes(ctx));
        }
        sa_cache_destroy(&cache);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0);
    }
}

/* The call again after it has failed; it has to have added nothing. */
static void run_twice(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *a) {
    int64_t before = sa_cache_length(a->cache, 0, 0);
    sa_status status = sa_forward(ctx, layer, a);
    if (status == SA_OK) return;
    cr_expect(status == SA_ERR_MEMORY && strstr(sa_ctx_last_error(ctx), "no memory: "), "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_cache_length(a->cache, 0, 0), before, "a failed call adds nothing");
    text_run(ctx, layer, a);
}

static int run_with_failure(struct text *text, int64_t fail_at, float *y) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    test_allocator_use(&memory, &options);
    sa_ctx *ctx = ctx_open(&options);
    sa_layer *layer = text_layer(text, ctx);
    sa_cache *cache = text_cache(ctx, BATCH, (sa_cache_config){.window = 60, .keep_first = 5});
    memory.fail_at = fail_at < 0 ? -1 : memory.calls + fail_at;
    for (int step = 0; step < 4; step++) {
        sa_forward_args a = text_call(text, 0, BATCH, 70 * step, 70, y);
        a.cache = cache;
        run_twice(ctx, layer, &a);
        if (step == 1 && sa_cache_fork(cache, 0, 1) != SA_OK) cr_expect_eq(sa_cache_fork(cache, 0, 1), SA_OK);
    }
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
    cr_expect(memory.live == 0 && memory.faults == 0, "allocation %lld failed", (long long)fail_at);
    return memory.failures > 0;
}

Test(decoding_memory, every_allocation_may_fail) {
    static struct text text;
    static float want[BATCH * PROMPT * WIDTH], got[BATCH * PROMPT * WIDTH];
    int64_t n = 0;
    text_make(&text, ALL);
    run_with_failure(&text, -1, want);
    for (; run_with_failure(&text, n, got); n++)
        cr_expect(!memcmp(want, got, sizeof want), "allocation %lld failed: another result", (long long)n);
    cr_expect(n >= 8, "scratch, tables and pages are allocated; only %lld were", (long long)n);
}
