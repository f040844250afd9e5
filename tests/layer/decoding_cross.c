/* Cross-attention with a cache: keys and values of the context are made once and read by every later call.
 * SPDX-License-Identifier: MIT */
#include "layer/text.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { WIDTH = TEXT_WIDTH, BATCH = TEXT_BATCH, CONTEXT = 150, STEPS = 12 };

static void add_context(sa_forward_args *a, struct text *text, int64_t at, int64_t count) {
    sa_tensor_set(&a->context, text->context[0][at], SA_F32, SA_BHSD, a->x.size[0], 1, count, TEXT_CONTEXT);
    a->context.stride[0] = TEXT_TOKENS * TEXT_CONTEXT;
}

/* The same call without a cache: the queries of a later call stand at 0, 1, ... too. */
static void without_cache(sa_ctx *ctx, const sa_layer *layer, struct text *text, const int64_t *lengths, int64_t at,
                          int64_t count, const int64_t *positions, float *y) {
    sa_masking masking = {.struct_size = sizeof masking, .key_lengths = lengths, .align = SA_ALIGN_TOP_LEFT};
    sa_forward_args a = text_call(text, 0, BATCH, at, count, y);
    add_context(&a, text, 0, CONTEXT);
    a.masking = &masking, a.positions = positions;
    text_run(ctx, layer, &a);
}

static double bound_of(const struct way *way) {
    return way->precision == SA_PRECISION_HIGHEST ? 1e-5 : 2 * way->error;
}

Test(decoding_cross, reads_what_the_first_call_has_made) {
    const int64_t lengths[BATCH] = {CONTEXT, 1, 77};
    static struct text text;
    static float got[BATCH * STEPS * WIDTH], want[BATCH * STEPS * WIDTH];
    for (int w = 0; w < all_ways_count; w++)
        for (int parts = TEXT_CROSS; parts < 2 * TEXT_CROSS; parts++) {
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            text_make(&text, parts);
            sa_layer *layer = text_layer(&text, ctx);
            sa_cache *cache = text_cache(ctx, BATCH, (sa_cache_config){.layers = 2});
            int64_t count = 5, room[BATCH * STEPS], *positions = parts & TEXT_ROPE ? room : NULL;
            for (int64_t at = 0; at < STEPS; at += count, count = at % 2 + 1) {
                for (int64_t i = 0; i < BATCH * count; i++) room[i] = at + i % count;
                sa_forward_args a = text_call(&text, 0, BATCH, at, count, got);
                a.cache = cache, a.cache_layer = 1, a.positions = positions;
                if (at == 0)
                    add_context(&a, &text, 0, CONTEXT), a.lengths = lengths;
                else
                    a.cache_use = SA_CACHE_READ;
                text_run(ctx, layer, &a);
                without_cache(ctx, layer, &text, lengths, at, count, positions, want);
                double off = text_difference(got, want, BATCH * count * WIDTH);
                cr_expect(off <= bound_of(&ways[w]), "%s, parts %d, at %lld: %g", ways[w].name, parts, (long long)at,
                          off);
            }
            for (int64_t b = 0; b < BATCH; b++) cr_expect_eq(sa_cache_length(cache, 1, b), lengths[b], "it only reads");
            sa_cache_destroy(&cache);
            sa_layer_destroy(&layer);
            sa_ctx_destroy(&ctx);
        }
}

/* A context that comes in two parts, in a layer without positions. */
Test(decoding_cross, of_a_context_that_grows) {
    static struct text text;
    static float got[BATCH * WIDTH], want[BATCH * WIDTH];
    const int64_t all[BATCH] = {CONTEXT, CONTEXT, CONTEXT};
    sa_ctx *ctx = ctx_open(NULL);
    text_make(&text, TEXT_CROSS | TEXT_NORMS);
    sa_layer *layer = text_layer(&text, ctx);
    sa_cache *cache = text_cache(ctx, BATCH, (sa_cache_config){0});
    for (int64_t at = 0; at < CONTEXT; at += 100) {
        sa_forward_args a = text_call(&text, 0, BATCH, 9, 1, got);
        add_context(&a, &text, at, at ? CONTEXT - at : 100);
        a.cache = cache;
        text_run(ctx, layer, &a);
    }
    without_cache(ctx, layer, &text, all, 9, 1, NULL, want);
    double off = text_difference(got, want, BATCH * WIDTH);
    cr_expect(off <= 1e-5, "%g", off);
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}

/* Reading copies no shared page, and nothing to read gives what a query without keys has: no bias is set, so 0. */
Test(decoding_cross, reading_changes_nothing) {
    static struct text text;
    static float y[BATCH * WIDTH];
    const int64_t lengths[BATCH] = {5, 0, 0};
    sa_ctx *ctx = ctx_open(NULL);
    text_make(&text, TEXT_CROSS);
    sa_layer *layer = text_layer(&text, ctx);
    sa_cache *cache = text_cache(ctx, BATCH, (sa_cache_config){0});
    sa_forward_args first = text_call(&text, 0, BATCH, 0, 1, y), next = first;
    next.cache = first.cache = cache, next.cache_use = SA_CACHE_READ;
    text_run(ctx, layer, &next);
    for (int i = 0; i < BATCH * WIDTH; i++) cr_expect_eq(y[i], 0);
    add_context(&first, &text, 0, 5);
    first.lengths = lengths;
    text_run(ctx, layer, &first);
    for (int64_t b = 1; b < BATCH; b++) cr_assert_eq(sa_cache_fork(cache, 0, b), SA_OK);
    uint64_t bytes = sa_cache_bytes(cache);
    text_run(ctx, layer, &next);
    cr_expect_eq(sa_cache_bytes(cache), bytes, "shared pages stay shared");
    cr_expect(text_difference(y, y, BATCH * WIDTH) == 0);
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}
