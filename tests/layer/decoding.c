/* Self-attention with a cache: a text at once, in chunks or token by token; batches of different lengths; every type
 * that a cache stores.
 * SPDX-License-Identifier: MIT */
#include "layer/text.h"
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALL = TEXT_ROPE | TEXT_NORMS | TEXT_RULES, WIDTH = TEXT_WIDTH, TOKENS = TEXT_TOKENS };

/* What chunks may differ by: the BLAS, and bf16 operands, round rows of another matrix differently. */
static double bound_of(const struct way *way) {
    return way->precision == SA_PRECISION_HIGHEST ? 1e-5 : 2 * way->error;
}

/* All sequences in chunks of up to `most` tokens into the cache; y [TEXT_BATCH][TOKENS][WIDTH]. */
static void decode(sa_ctx *ctx, const sa_layer *layer, struct text *text, sa_cache *cache, int64_t most, float *y) {
    struct rng rng = {(uint64_t)most};
    float *part = malloc((size_t)(TEXT_BATCH * TOKENS * WIDTH) * sizeof *part);
    for (int64_t at = 0, count; at < TOKENS; at += count) {
        count = 1 + rng_below(&rng, most);
        count = count < TOKENS - at ? count : TOKENS - at;
        sa_forward_args a = text_call(text, 0, TEXT_BATCH, at, count, part);
        a.cache = cache;
        text_run(ctx, layer, &a);
        for (int64_t b = 0; b < TEXT_BATCH; b++)
            memcpy(y + (b * TOKENS + at) * WIDTH, part + b * count * WIDTH, (size_t)(count * WIDTH) * sizeof *y);
    }
    free(part);
}

Test(decoding, in_any_chunks_agrees_with_no_cache) {
    static struct text text;
    static float want[TEXT_BATCH * TOKENS * WIDTH], got[TEXT_BATCH * TOKENS * WIDTH];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int parts = 1; ctx && parts <= ALL; parts += 2) {
            text_make(&text, parts);
            if (parts == TEXT_ROPE)
                text.masking.window = 1, text.masking.window_left = 150, text.masking.keep_first = 3;
            sa_layer *layer = text_layer(&text, ctx);
            sa_forward_args all = text_call(&text, 0, TEXT_BATCH, 0, TOKENS, want);
            text_run(ctx, layer, &all);
            for (int64_t most = 1; most <= TOKENS; most = most * 20) {
                sa_cache *cache = text_cache(ctx, TEXT_BATCH, (sa_cache_config){0});
                decode(ctx, layer, &text, cache, most, got);
                double off = text_difference(got, want, TEXT_BATCH * TOKENS * WIDTH);
                cr_expect(off <= bound_of(&ways[w]), "%s, parts %d, chunks of up to %lld: %g", ways[w].name, parts,
                          (long long)most, off);
                sa_cache_destroy(&cache);
            }
            sa_layer_destroy(&layer);
        }
        sa_ctx_destroy(&ctx);
    }
}

/* What is lost by rounding keys and values is about half a unit of the type's last place. */
Test(decoding, from_smaller_types_is_as_near_as_they_are) {
    const struct {
        int32_t dtype;
        double bound;
    } types[] = {{SA_BF16, 5e-3}, {SA_F16, 7e-4}, {SA_I8, 1e-2}};
    static struct text text;
    static float want[TEXT_BATCH * TOKENS * WIDTH], got[TEXT_BATCH * TOKENS * WIDTH];
    sa_ctx *ctx = ctx_open(NULL);
    text_make(&text, ALL);
    sa_layer *layer = text_layer(&text, ctx);
    sa_forward_args all = text_call(&text, 0, TEXT_BATCH, 0, TOKENS, want);
    text_run(ctx, layer, &all);
    for (int i = 0; i < 3; i++) {
        sa_cache *cache = text_cache(ctx, TEXT_BATCH, (sa_cache_config){.dtype = types[i].dtype});
        decode(ctx, layer, &text, cache, 9, got);
        double off = text_difference(got, want, TEXT_BATCH * TOKENS * WIDTH);
        cr_expect(off <= types[i].bound && off > types[i].bound / 20, "dtype %d: %g", types[i].dtype, off);
        sa_cache_destroy(&cache);
    }
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}

/* Prompts of different lengths in one batch, padded; then all write on, one of them stopping early. Each has what it
 * has alone. */
Test(decoding, of_a_padded_batch_equals_single_sequences) {
    enum { LONGEST = 140, STEPS = 6 };
    const int64_t lengths[TEXT_BATCH] = {LONGEST, 1, 57};
    static struct text text;
    static float batch[TEXT_BATCH * LONGEST * WIDTH], alone[LONGEST * WIDTH];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        text_make(&text, ALL);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *all = text_cache(ctx, TEXT_BATCH, (sa_cache_config){0}), *one[TEXT_BATCH];
        for (int64_t b = 0; b < TEXT_BATCH; b++) one[b] = text_cache(ctx, 1, (sa_cache_config){0});
        for (int step = 0; step < STEPS; step++) {
            int64_t count = step ? 1 : LONGEST, at = step ? LONGEST + step - 1 : 0;
            const int64_t running[TEXT_BATCH] = {1, step < 3, 1};
            sa_forward_args a = text_call(&text, 0, TEXT_BATCH, at, count, batch);
            a.cache = all, a.lengths = step ? running : lengths;
            text_run(ctx, layer, &a);
            for (int64_t b = 0; b < TEXT_BATCH; b++) {
                sa_forward_args s = text_call(&text, b, 1, at, a.lengths[b], alone);
                s.cache = one[b];
                text_run(ctx, layer, &s);
                double off = text_difference(batch + b * count * WIDTH, alone, a.lengths[b] * WIDTH);
                cr_expect(off <= bound_of(&ways[w]), "%s, step %d, sequence %lld: %g", ways[w].name, step, (long long)b,
                          off);
                cr_expect_eq(sa_cache_length(all, 0, b), sa_cache_length(one[b], 0, 0));
            }
        }
        for (int64_t b = 0; b < TEXT_BATCH; b++) sa_cache_destroy(&one[b]);
        sa_cache_destroy(&all);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
}

/* Beams share what they have in common, and write on from one another. */
Test(decoding, after_forks_and_rewinding_continues_as_if_nothing_had_been) {
    enum { PROMPT = 130, STEPS = 4 };
    static struct text text;
    static float want[(PROMPT + STEPS) * WIDTH], got[TEXT_BATCH * PROMPT * WIDTH];
    const int64_t only[TEXT_BATCH] = {PROMPT, 0, 0}, shuffle[TEXT_BATCH] = {2, 1, 1};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        text_make(&text, ALL);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *cache = text_cache(ctx, TEXT_BATCH, (sa_cache_config){0});
        sa_forward_args prompt = text_call(&text, 0, TEXT_BATCH, 0, PROMPT, got);
        prompt.cache = cache, prompt.lengths = only;
        text_run(ctx, layer, &prompt);
        for (int64_t b = 1; b < TEXT_BATCH; b++) cr_assert_eq(sa_cache_fork(cache, 0, b), SA_OK);
        sa_forward_args wrong =
            text_call(&text, 0, TEXT_BATCH, 200, 10, got); /* of other sequences each, to be forgotten */
        wrong.cache = cache;
        text_run(ctx, layer, &wrong);
        cr_assert_eq(sa_cache_reorder(cache, shuffle), SA_OK);
        cr_assert_eq(sa_cache_truncate(cache, -1, PROMPT), SA_OK);
        for (int step = 0; step < STEPS; step++) {
            sa_forward_args next = text_call(&text, 0, TEXT_BATCH, PROMPT + step, 1, got);
            sa_forward_args all = text_call(&text, 0, 1, 0, PROMPT + step + 1, want);
            next.cache = cache, next.x.stride[0] = 0; /* the first sequence's next token for all */
            text_run(ctx, layer, &next);
            text_run(ctx, layer, &all);
            for (int64_t b = 0; b < TEXT_BATCH; b++) {
                double off = text_difference(got + b * WIDTH, want + (PROMPT + step) * WIDTH, WIDTH);
                cr_expect(off <= 2 * bound_of(&ways[w]), "%s, step %d, sequence %lld: %g", ways[w].name, step,
                          (long long)b, off);
            }
        }
        sa_cache_destroy(&cache);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
}

/* Positions of one's own, as they are when a text has gaps. */
Test(decoding, at_positions_of_ones_own) {
    enum { LENGTH = 50, FIRST = 31 };
    static struct text text;
    static float want[LENGTH * WIDTH], got[LENGTH * WIDTH];
    int64_t positions[LENGTH];
    for (int64_t t = 0; t < LENGTH; t++) positions[t] = 3 * t + (t > 20 ? 1000 : 0);
    sa_ctx *ctx = ctx_open(NULL);
    text_make(&text, TEXT_ROPE);
    sa_layer *layer = text_layer(&text, ctx);
    sa_cache *cache = text_cache(ctx, 1, (sa_cache_config){0});
    sa_forward_args all = text_call(&text, 0, 1, 0, LENGTH, want);
    all.positions = positions;
    text_run(ctx, layer, &all);
    for (int64_t at = 0; at < LENGTH; at += FIRST) {
        int64_t count = at ? LENGTH - FIRST : FIRST;
        sa_forward_args a = text_call(&text, 0, 1, at, count, got + at * WIDTH);
        a.cache = cache, a.positions = positions + at;
        text_run(ctx, layer, &a);
    }
    double off = text_difference(got, want, LENGTH * WIDTH);
    cr_expect(off <= 1e-5, "%g", off);
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}

/* Queries stand behind what the cache held; who says so in words of his own gets the same bits. */
Test(decoding, aligned_in_other_words) {
    static struct text text;
    static float want[TEXT_BATCH * 7 * WIDTH], got[TEXT_BATCH * 7 * WIDTH];
    const int64_t held[TEXT_BATCH] = {30, 12, 0}, offsets[TEXT_BATCH] = {30, 12, 0};
    const sa_masking words[] = {
        {.align = SA_ALIGN_DEFAULT}, {.align = SA_ALIGN_BOTTOM_RIGHT}, {.align = SA_ALIGN_OFFSET, .offsets = offsets}};
    sa_ctx *ctx = ctx_open(NULL);
    for (int i = 0; i < 3; i++) {
        text_make(&text, ALL);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *cache = text_cache(ctx, TEXT_BATCH, (sa_cache_config){0});
        sa_forward_args a = text_call(&text, 0, TEXT_BATCH, 0, 30, malloc(TEXT_BATCH * 30 * WIDTH * sizeof(float)));
        a.cache = cache, a.lengths = held;
        text_run(ctx, layer, &a);
        free(a.y.data);
        text.masking = words[i];
        text.masking.struct_size = sizeof text.masking, text.masking.causal = 1;
        a = text_call(&text, 0, TEXT_BATCH, 30, 7, i ? got : want);
        a.cache = cache;
        text_run(ctx, layer, &a);
        cr_expect(i == 0 || !memcmp(want, got, sizeof want), "align %d", words[i].align);
        sa_cache_destroy(&cache);
        sa_layer_destroy(&layer);
    }
    sa_ctx_destroy(&ctx);
}
