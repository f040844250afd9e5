/* A text that goes through a cache at once, in chunks, or token by token has the same attention, bit for bit; and what
 * a query may not see does not touch it, whatever it holds.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEADS = 4, KV_HEADS = 2, SIZE = 24, LENGTH = 700, REACH = 30, ROW = HEADS * SIZE, KV_ROW = KV_HEADS * SIZE };

/* A text's queries, keys and values by token, and the rules of all calls. */
struct text {
    float query[LENGTH * ROW], key[LENGTH * KV_ROW], value[LENGTH * KV_ROW];
    float slopes[HEADS], bias[HEADS * (2 * REACH + 1)], sinks[HEADS];
    sa_masking masking;
    sa_score_rules rules;
    int64_t heads; /* the first query heads: HEADS, or KV_HEADS for a single row per key head */
};

static void fill(float *to, size_t count, struct rng *rng) {
    for (size_t i = 0; i < count; i++) to[i] = rng_normal(rng);
}

static void text_make(struct text *x, uint64_t seed) {
    struct rng rng = {seed};
    *x = (struct text){.heads = HEADS,
                       .masking = {.struct_size = sizeof x->masking, .causal = 1},
                       .rules = {.struct_size = sizeof x->rules}};
    fill(x->query, LENGTH * ROW, &rng);
    fill(x->key, LENGTH * KV_ROW, &rng);
    fill(x->value, LENGTH * KV_ROW, &rng);
    fill(x->bias, sizeof x->bias / sizeof x->bias[0], &rng);
    for (int h = 0; h < HEADS; h++) x->slopes[h] = .01f * (float)(h + 1), x->sinks[h] = (float)h - 2;
}

static sa_cache *open_cache(sa_ctx *ctx, const sa_cache_config *config) {
    sa_cache *cache = NULL;
    sa_cache_config c = *config;
    c.struct_size = sizeof c, c.batch = 1, c.kv_heads = KV_HEADS, c.head_size = SIZE;
    cr_assert_eq(sa_cache_create(ctx, &c, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    return cache;
}

static void append(sa_ctx *ctx, sa_cache *cache, struct text *x, int64_t at, int64_t count) {
    sa_tensor key, value;
    sa_tensor_set(&key, x->key + at * KV_ROW, SA_F32, SA_BSHD, 1, KV_HEADS, count, SIZE);
    sa_tensor_set(&value, x->value + at * KV_ROW, SA_F32, SA_BSHD, 1, KV_HEADS, count, SIZE);
    cr_assert_eq(sa_cache_append(ctx, cache, 0, &key, &value, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Queries at .. at + count of the text, the last of which stands at the last key of the cache. */
static void attend(sa_ctx *ctx, sa_cache *cache, struct text *x, int64_t at, int64_t count, float *output) {
    sa_attention_args a = {.struct_size = sizeof a, .masking = &x->masking, .rules = &x->rules, .cache = cache};
    sa_tensor_set(&a.query, x->query + at * ROW, SA_F32, SA_BSHD, 1, HEADS, count, SIZE);
    sa_tensor_set(&a.output, output + at * ROW, SA_F32, SA_BSHD, 1, HEADS, count, SIZE);
    a.query.size[1] = a.output.size[1] = x->heads;
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* The whole text in chunks of random sizes up to `most`. */
static void decode(sa_ctx *ctx, const sa_cache_config *config, struct text *x, int64_t most, float *output) {
    struct rng rng = {(uint64_t)most};
    sa_cache *cache = open_cache(ctx, config);
    for (int64_t at = 0, count; at < LENGTH; at += count) {
        count = most == LENGTH ? LENGTH : 1 + rng_below(&rng, most);
        count = count < LENGTH - at ? count : LENGTH - at;
        append(ctx, cache, x, at, count);
        attend(ctx, cache, x, at, count, output);
    }
    sa_cache_destroy(&cache);
}

/* Sets of rules, by number. */
enum { RULES = 4 };
static void set_rules(struct text *x, sa_cache_config *config, int number) {
    *config = (sa_cache_config){0};
    switch (number) {
    case 1:
        x->rules.alibi_slopes = x->slopes, x->rules.relative_bias = x->bias, x->rules.relative_reach = REACH;
        x->rules.sink_logits = x->sinks;
        break;
    case 2:
        x->masking.window = 1, x->masking.window_left = 150;
        break;
    case 3:
        config->window = 200, config->keep_first = 5, config->dtype = SA_I8;
        break;
    default:
        break;
    }
}

/* A BLAS makes no such promise. */
static sa_ctx *open_exact(const struct way *way) {
    return way->path == SA_PATH_BLAS ? NULL : way_open(way, 1);
}

static void check_chunks(sa_ctx *ctx, const char *name, int rules, int64_t heads) {
    static struct text x;
    static float at_once[LENGTH * ROW], in_chunks[LENGTH * ROW];
    sa_cache_config config;
    text_make(&x, 1);
    set_rules(&x, &config, rules);
    x.heads = heads;
    memset(at_once, 0, sizeof at_once);
    memset(in_chunks, 0, sizeof in_chunks);
    decode(ctx, &config, &x, LENGTH, at_once);
    for (int64_t most = 1; most <= 300; most = most * 7 + 1) {
        decode(ctx, &config, &x, most, in_chunks);
        cr_expect(!memcmp(at_once, in_chunks, sizeof at_once),
                  "%s, rules %d, %lld heads: other bits in chunks of up to %lld", name, rules, (long long)heads,
                  (long long)most);
    }
}

Test(cache_decoding, in_any_chunks_gives_the_bits_of_all_at_once) {
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = open_exact(&ways[w]);
        for (int rules = 0; ctx && rules < RULES; rules++) {
            check_chunks(ctx, ways[w].name, rules, HEADS);
            check_chunks(ctx, ways[w].name, rules, KV_HEADS);
        }
        sa_ctx_destroy(&ctx);
    }
}

/* NaN in the tokens from `from` to `to`: other queries than those that see them have the bits that they have without.
 */
static void poison(struct text *x, int64_t from, int64_t to) {
    for (int64_t i = from * KV_ROW; i < to * KV_ROW; i++) x->key[i] = x->value[i] = NAN;
}

static int count_nan(const float *x, int64_t count) {
    int nan = 0;
    for (int64_t i = 0; i < count; i++) nan += isnan(x[i]) != 0;
    return nan;
}

Test(cache_decoding, what_is_not_seen_may_hold_anything) {
    enum { WINDOW = 40, FIRST = 130, LAST = 135 };
    const sa_cache_config config = {.window = WINDOW, .keep_first = 3};
    static struct text x;
    static float clean[LENGTH * ROW], poisoned[LENGTH * ROW];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int64_t most = 1; ctx && most <= 300; most = most * 7 + 1) {
            text_make(&x, 2);
            decode(ctx, &config, &x, most, clean);
            poison(&x, FIRST, LAST);
            decode(ctx, &config, &x, most, poisoned);
            int64_t end = LAST + WINDOW - 1, seeing = (end - FIRST) * ROW;
            cr_expect(!memcmp(clean, poisoned, FIRST * ROW * sizeof *clean), "%s: NaN leaks to earlier queries",
                      ways[w].name);
            cr_expect(!memcmp(clean + end * ROW, poisoned + end * ROW, (size_t)(LENGTH - end) * ROW * sizeof *clean),
                      "%s: NaN leaks out of the window", ways[w].name);
            cr_expect_eq(count_nan(poisoned + FIRST * ROW, seeing), seeing, "%s: a NaN that is seen shows",
                         ways[w].name);
        }
        sa_ctx_destroy(&ctx);
    }
}

/* Pages that were used before hold what they held. */
Test(cache_decoding, what_was_forgotten_may_have_been_anything) {
    const int64_t lengths[] = {1, 5, 64, 100, 127, 129, 300};
    static struct text x, bad;
    static float fresh[LENGTH * ROW], used[LENGTH * ROW];
    text_make(&x, 3);
    text_make(&bad, 3);
    poison(&bad, 0, LENGTH);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (size_t i = 0; ctx && i < sizeof lengths / sizeof lengths[0]; i++) {
            sa_cache *cache = open_cache(ctx, &(sa_cache_config){0}), *dirty = open_cache(ctx, &(sa_cache_config){0});
            append(ctx, dirty, &bad, 0, LENGTH);
            uint64_t bytes = sa_cache_bytes(dirty);
            cr_assert_eq(sa_cache_truncate(dirty, 0, 0), SA_OK);
            append(ctx, cache, &x, 0, lengths[i]);
            append(ctx, dirty, &x, 0, lengths[i]);
            attend(ctx, cache, &x, 0, lengths[i], fresh);
            attend(ctx, dirty, &x, 0, lengths[i], used);
            cr_expect(!memcmp(fresh, used, (size_t)lengths[i] * ROW * sizeof *used), "%s: %lld tokens", ways[w].name,
                      (long long)lengths[i]);
            cr_expect_eq(sa_cache_bytes(dirty), bytes, "pages are used again");
            sa_cache_destroy(&cache);
            sa_cache_destroy(&dirty);
        }
        sa_ctx_destroy(&ctx);
    }
}
