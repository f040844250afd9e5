/* Each rule of selfattn.h by a small case whose answer can be read off.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* One head of size 1 with all scores 0: a query's output is the mean of the values it sees, and values are powers of
 * two, so that the sum (mean * count) tells which keys those are. */
enum { MOST = 12, ROWS = 2 * MOST };

struct tiny {
    int64_t B, T, S;
    float q[2 * MOST], k[2 * MOST], v[2 * MOST], o[2 * MOST], lse[2 * MOST], weights[2 * MOST * MOST];
    sa_masking masking;
    sa_attention_args args;
};

static void tiny_make(struct tiny *x, int64_t B, int64_t T, int64_t S) {
    *x = (struct tiny){.B = B, .T = T, .S = S};
    x->masking.struct_size = sizeof x->masking;
    x->args.struct_size = sizeof x->args;
    x->args.masking = &x->masking;
    for (int64_t i = 0; i < B * S; i++) x->v[i] = (float)(1 << i % S);
    sa_tensor_set(&x->args.query, x->q, SA_F32, SA_BHSD, B, 1, T, 1);
    sa_tensor_set(&x->args.key, x->k, SA_F32, SA_BHSD, B, 1, S, 1);
    sa_tensor_set(&x->args.value, x->v, SA_F32, SA_BHSD, B, 1, S, 1);
    sa_tensor_set(&x->args.output, x->o, SA_F32, SA_BHSD, B, 1, T, 1);
    sa_tensor_set(&x->args.lse, x->lse, SA_F32, SA_BHSD, B, 1, T, 1);
    sa_tensor_set(&x->args.weights, x->weights, SA_F32, SA_BHSD, B, 1, T, S);
}

/* Runs every way and checks that query t of sequence b sees exactly the keys whose bits are set in want[b * T + t]. */
static void expect_seen(struct tiny *x, const unsigned want[ROWS], const char *rule) {
    const int64_t rows = x->B * x->T, S = x->S;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &x->args), SA_OK, "%s: %s", rule, sa_ctx_last_error(ctx));
        for (int64_t r = 0; r < rows; r++) {
            unsigned seen = 0;
            int count = 0;
            for (int64_t j = 0; j < S; j++)
                if (x->weights[r * S + j] != 0) seen |= 1u << j, count++;
            cr_expect_eq(seen, want[r], "%s, %s, row %lld: keys seen %#x, want %#x", rule, ways[w].name, (long long)r,
                         seen, want[r]);
            double sum = count ? (double)want[r] / count : 0;
            cr_expect(fabs((double)x->o[r] - sum) <= ways[w].error * sum, "%s, %s, row %lld: output %g, want %g", rule,
                      ways[w].name, (long long)r, (double)x->o[r], sum);
            double lse = count ? log(count) : -INFINITY;
            cr_expect(x->lse[r] == lse || fabs(x->lse[r] - lse) < ways[w].error, "%s, %s, row %lld: lse %g", rule,
                      ways[w].name, (long long)r, (double)x->lse[r]);
        }
        sa_ctx_destroy(&ctx);
    }
}

Test(semantics, no_mask_sees_all) {
    struct tiny x;
    tiny_make(&x, 1, 2, 5);
    expect_seen(&x, (const unsigned[ROWS]){0x1f, 0x1f}, "no mask");
    x.args.masking = NULL;
    expect_seen(&x, (const unsigned[ROWS]){0x1f, 0x1f}, "NULL masking");
}

/* The weight is 1, the output the value, the log-sum-exp the score: not nearly, but exactly. Numbers are such that bf16
 * holds them, and products too. */
Test(semantics, a_single_visible_key_is_taken_as_it_is) {
    struct tiny x;
    tiny_make(&x, 1, 9, 9);
    x.args.scale = 1;
    x.masking.causal = 1;
    x.masking.window = 1;
    for (int i = 0; i < 9; i++) x.q[i] = (float)(i - 4) / 8, x.k[i] = (float)(2 * i - 3), x.v[i] = (float)(3 * i - 7);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &x.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int i = 0; i < 9; i++)
            cr_expect(x.weights[i * 9 + i] == 1 && x.o[i] == x.v[i] && x.lse[i] == x.q[i] * x.k[i],
                      "%s, row %d: weight %a, output %a, log-sum-exp %a", ways[w].name, i, (double)x.weights[i * 9 + i],
                      (double)x.o[i], (double)x.lse[i]);
        sa_ctx_destroy(&ctx);
    }
}

Test(semantics, causal_alignments) {
    struct tiny x;
    tiny_make(&x, 1, 3, 5);
    x.masking.causal = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x7}, "default is top-left");
    x.masking.align = SA_ALIGN_TOP_LEFT;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x7}, "top-left");
    x.masking.align = SA_ALIGN_BOTTOM_RIGHT;
    expect_seen(&x, (const unsigned[ROWS]){0x7, 0xf, 0x1f}, "bottom-right");
    x.masking.align = SA_ALIGN_OFFSET;
    x.masking.offset = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x3, 0x7, 0xf}, "offset 1");
    x.masking.offset = -2;
    expect_seen(&x, (const unsigned[ROWS]){0, 0, 0x1}, "offset -2 leaves empty rows");
    tiny_make(&x, 1, 5, 3);
    x.masking.causal = 1;
    x.masking.align = SA_ALIGN_BOTTOM_RIGHT;
    expect_seen(&x, (const unsigned[ROWS]){0, 0, 0x1, 0x3, 0x7}, "bottom-right with more queries than keys");
}

Test(semantics, offsets_per_sequence) {
    struct tiny x;
    int64_t offsets[] = {0, 2};
    tiny_make(&x, 2, 2, 4);
    x.masking.causal = 1;
    x.masking.align = SA_ALIGN_OFFSET;
    x.masking.offsets = offsets;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x7, 0xf}, "offsets");
}

Test(semantics, key_lengths) {
    struct tiny x;
    int64_t lengths[] = {2, 0};
    tiny_make(&x, 2, 2, 4);
    x.masking.key_lengths = lengths;
    expect_seen(&x, (const unsigned[ROWS]){0x3, 0x3, 0, 0}, "lengths");
    lengths[1] = 4;
    x.masking.causal = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x7, 0xf}, "lengths align the last query with the last key");
    x.masking.align = SA_ALIGN_TOP_LEFT;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x1, 0x3}, "unless told otherwise");
}

Test(semantics, windows) {
    struct tiny x;
    tiny_make(&x, 1, 5, 5);
    x.masking.window = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x2, 0x4, 0x8, 0x10}, "window 0, 0 is the query itself");
    x.masking.window_left = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x6, 0xc, 0x18}, "window_left 1 shows two keys");
    x.masking.window_right = -1;
    expect_seen(&x, (const unsigned[ROWS]){0x1f, 0x1f, 0x1e, 0x1c, 0x18}, "unbounded to the right");
    x.masking.causal = 1;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x3, 0x6, 0xc, 0x18}, "causal cuts it");
    x.masking.align = SA_ALIGN_OFFSET;
    x.masking.offset = 2;
    expect_seen(&x, (const unsigned[ROWS]){0x6, 0xc, 0x18, 0x10, 0}, "window moves with the offset");
}

Test(semantics, boolean_masks_broadcast) {
    struct tiny x;
    uint8_t keys[4] = {1, 0, 7, 0}, rows[2] = {1, 0};
    tiny_make(&x, 2, 2, 4);
    sa_tensor_set(&x.masking.mask, keys, SA_BOOL, SA_BHSD, 1, 1, 1, 4);
    expect_seen(&x, (const unsigned[ROWS]){0x5, 0x5, 0x5, 0x5}, "one row for all");
    sa_tensor_set(&x.masking.mask, keys, SA_BOOL, SA_BHSD, 2, 1, 1, 2);
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0x1, 0x1, 0x1}, "keys past the mask's end are hidden");
    sa_tensor_set(&x.masking.mask, rows, SA_BOOL, SA_BHSD, 1, 1, 2, 1);
    x.masking.mask_keys = SA_MASK_KEYS_HIDDEN;
    expect_seen(&x, (const unsigned[ROWS]){0x1, 0, 0x1, 0}, "one key, the others hidden");
    x.masking.mask_keys = SA_MASK_KEYS_REPEATED;
    expect_seen(&x, (const unsigned[ROWS]){0xf, 0, 0xf, 0}, "one key, repeated");
    sa_tensor_set(&x.masking.mask, keys, SA_BOOL, SA_BHSD, 1, 1, 1, 4);
    expect_seen(&x, (const unsigned[ROWS]){0x5, 0x5, 0x5, 0x5}, "all keys, nothing to repeat");
    x.masking.mask_keys = SA_MASK_KEYS_DEFAULT;
    sa_tensor_set(&x.masking.mask, rows, SA_BOOL, SA_BHSD, 1, 1, 2, 4);
    x.masking.mask.stride[2] = 1;
    x.masking.mask.stride[3] = 0;
    expect_seen(&x, (const unsigned[ROWS]){0xf, 0, 0xf, 0}, "stride 0 along the keys");
}

Test(semantics, added_masks) {
    struct tiny x;
    float bias[4] = {0, -INFINITY, 0, -INFINITY};
    tiny_make(&x, 1, 2, 4);
    sa_tensor_set(&x.masking.mask, bias, SA_F32, SA_BHSD, 1, 1, 1, 4);
    expect_seen(&x, (const unsigned[ROWS]){0x5, 0x5}, "-infinity hides");
    for (int j = 0; j < 4; j++) bias[j] = -3.4e38f;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &x.args), SA_OK);
        cr_expect_float_eq(x.o[0], 15.0 / 4, 15.0 / 4 * ways[w].error,
                           "%s: a large negative bias everywhere is no mask", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}

Test(semantics, masks_are_added_unscaled_after_softcap) {
    struct tiny x;
    float bias[2] = {3, 0};
    tiny_make(&x, 1, 1, 2);
    x.q[0] = 4, x.k[0] = 5, x.k[1] = -5;
    x.args.scale = .5f, x.args.softcap = 2;
    x.args.weights_kind = SA_WEIGHTS_BIASED;
    sa_tensor_set(&x.masking.mask, bias, SA_F32, SA_BHSD, 1, 1, 1, 2);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &x.args), SA_OK);
        cr_expect_float_eq(x.weights[0], 2 * tanh(10 / 2.0) + 3, 2e-6, "%s", ways[w].name);
        cr_expect_float_eq(x.weights[1], 2 * tanh(-10 / 2.0), 2e-6, "%s", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}

Test(semantics, nan_does_not_leak_from_hidden_keys_and_shows_from_visible_ones) {
    struct tiny x;
    tiny_make(&x, 1, 3, 3);
    x.masking.causal = 1;
    x.k[2] = NAN, x.v[2] = NAN, x.v[1] = INFINITY;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &x.args), SA_OK);
        cr_expect_eq(x.o[0], 1, "%s: row 0 sees key 0 alone, got %g", ways[w].name, (double)x.o[0]);
        cr_expect(isinf(x.o[1]) && x.o[1] > 0, "%s: row 1 sees an infinite value, got %g", ways[w].name,
                  (double)x.o[1]);
        cr_expect(isnan(x.o[2]), "%s: row 2 sees NaN, got %g", ways[w].name, (double)x.o[2]);
        sa_ctx_destroy(&ctx);
    }
}

/* Bits of a NaN change nothing: neither those that the compiler's NAN has nor all set, as in memory that was erased. */
Test(semantics, every_nan_that_is_seen_shows) {
    const uint32_t nans[] = {0x7fc00000, 0xffffffff, 0x7fffffff};
    for (size_t i = 0; i < 3; i++)
        for (int w = 0; w < all_ways_count; w++)
            for (int at = 0; at < 4; at++) {
                struct tiny x;
                float bias[3] = {0};
                tiny_make(&x, 1, 1, 3);
                sa_tensor_set(&x.masking.mask, bias, SA_F32, SA_BHSD, 1, 1, 1, 3);
                memcpy((float *[]){&x.q[0], &x.k[1], &x.v[1], &bias[1]}[at], &nans[i], sizeof nans[i]);
                sa_ctx *ctx = way_open(&ways[w], 1);
                if (!ctx) continue;
                cr_assert_eq(sa_attention(ctx, &x.args), SA_OK);
                cr_expect(isnan(x.o[0]), "%s: NaN %#x in %s gives %g", ways[w].name, nans[i],
                          (const char *[]){"the query", "a key", "a value", "the mask"}[at], (double)x.o[0]);
                sa_ctx_destroy(&ctx);
            }
}

Test(semantics, grouped_heads_read_their_own_keys) {
    enum { H = 6, K = 2 };
    float q[H] = {0}, k[K] = {0}, v[K] = {3, 5}, o[H];
    sa_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, H, 1, 1);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, K, 1, 1);
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, K, 1, 1);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, H, 1, 1);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK);
        for (int h = 0; h < H; h++) cr_expect_eq(o[h], v[h / 3], "%s: head %d", ways[w].name, h);
        sa_ctx_destroy(&ctx);
    }
}

Test(semantics, no_keys_and_no_queries) {
    struct tiny x;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        tiny_make(&x, 1, 2, 0);
        x.args.key.data = x.args.value.data = NULL;
        x.o[0] = x.o[1] = 9;
        cr_assert_eq(sa_attention(ctx, &x.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(x.o[0] == 0 && x.o[1] == 0 && x.lse[0] == -INFINITY, "%s: no keys give 0", ways[w].name);
        tiny_make(&x, 1, 0, 3);
        x.args.query.data = x.args.output.data = NULL;
        cr_expect_eq(sa_attention(ctx, &x.args), SA_OK, "%s: no queries are no work", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}
