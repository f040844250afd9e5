/* What calls with a cache refuse, and that a refusal changes nothing.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYERS = 2 };

/* A valid cache and additions to it. */
struct cached {
    struct valid v;
    sa_cache_config config;
    sa_cache *cache;
    sa_tensor key, value;
    int64_t layer; /* of an addition */
    int64_t lengths[B], positions[B * T];
};

static void cached_make(struct cached *c) {
    valid_make(&c->v);
    c->config = (sa_cache_config){.struct_size = sizeof c->config,
                                  .layers = LAYERS,
                                  .batch = B,
                                  .kv_heads = K,
                                  .head_size = D,
                                  .value_head_size = DV};
    c->key = c->v.attention.key, c->value = c->v.attention.value;
    c->lengths[0] = S, c->lengths[1] = S - 2;
    for (int i = 0; i < B * T; i++) c->positions[i] = i;
    cr_assert_eq(sa_cache_create(c->v.ctx, &c->config, &c->cache), SA_OK, "%s", sa_ctx_last_error(c->v.ctx));
    cr_assert_eq(sa_cache_append(c->v.ctx, c->cache, 1, &c->key, &c->value, c->lengths), SA_OK, "%s",
                 sa_ctx_last_error(c->v.ctx));
    c->v.attention.cache = c->cache, c->v.attention.cache_layer = 1;
    c->v.attention.key = c->v.attention.value = (sa_tensor){0};
    c->v.forward.cache = c->cache, c->v.forward.cache_layer = 0;
}

static void expect_unchanged(const struct cached *c, const char *after) {
    const int64_t want[LAYERS][B] = {{0, 0}, {S, S - 2}};
    for (int layer = 0; layer < LAYERS; layer++)
        for (int b = 0; b < B; b++)
            cr_expect_eq(sa_cache_length(c->cache, layer, b), want[layer][b], "%s: layer %d, sequence %d", after, layer,
                         b);
}

static void cached_free(struct cached *c) {
    sa_cache_destroy(&c->cache);
    valid_free(&c->v);
}

static void expect_refused(sa_status got, const char *sentence, sa_status want, const char *words,
                           const char *spoiled) {
    cr_expect_eq(got, want, "%s: status %d (%s), want %d", spoiled, got, sentence, want);
    cr_expect(strstr(sentence, words), "%s: \"%s\" does not say \"%s\"", spoiled, sentence, words);
}

static void expect_attention(struct cached *c, sa_status status, const char *words, const char *spoiled) {
    expect_attention_refused(&c->v, status, words, spoiled);
}

static void expect_forward(struct cached *c, sa_status status, const char *words, const char *spoiled) {
    expect_forward_refused(&c->v, status, words, spoiled);
}

static void expect_append(struct cached *c, sa_status status, const char *words, const char *spoiled) {
    sa_status got = sa_cache_append(c->v.ctx, c->cache, c->layer, &c->key, &c->value, c->lengths);
    expect_refused(got, sa_ctx_last_error(c->v.ctx), status, words, spoiled);
}

static void expect_create(struct cached *c, sa_status status, const char *words, const char *spoiled) {
    sa_cache *cache = c->cache;
    sa_status got = sa_cache_create(c->v.ctx, &c->config, &cache);
    expect_refused(got, sa_ctx_last_error(c->v.ctx), status, words, spoiled);
    cr_expect_null(cache, "%s: a failed creation leaves NULL", spoiled);
    expect_works(c->v.ctx, spoiled);
}

/* REFUSED(call, status, words, what is spoiled first): the sentence has these words, and the cache is as before. */
#undef REFUSED
#define REFUSED(call, status, words, ...)                                                                              \
    do {                                                                                                               \
        struct cached c = {0};                                                                                         \
        cached_make(&c);                                                                                               \
        __VA_ARGS__;                                                                                                   \
        expect_##call(&c, status, words, #__VA_ARGS__);                                                                \
        expect_unchanged(&c, #__VA_ARGS__);                                                                            \
        cached_free(&c);                                                                                               \
    } while (0)

Test(cache, creation) {
    const int64_t most = INT32_MAX;
    REFUSED(create, SA_ERR_VALUE, "layers is -1, must be 1", c.config.layers = -1);
    REFUSED(create, SA_ERR_VALUE, "batch is 0, must be 1", c.config.batch = 0);
    REFUSED(create, SA_ERR_VALUE, "kv_heads is -7", c.config.kv_heads = -7);
    REFUSED(create, SA_ERR_VALUE, "head_size is 0", c.config.head_size = 0);
    REFUSED(create, SA_ERR_VALUE, "value_head_size is -2", c.config.value_head_size = -2);
    REFUSED(create, SA_ERR_OVERFLOW, "batch is 2147483648", c.config.batch = most + 1);
    REFUSED(create, SA_ERR_OVERFLOW, "head_size is 9223372036854775807", c.config.head_size = INT64_MAX);
    REFUSED(create, SA_ERR_VALUE, "dtype is 3", c.config.dtype = SA_BOOL);
    REFUSED(create, SA_ERR_VALUE, "dtype is 5", c.config.dtype = 5);
    REFUSED(create, SA_ERR_VALUE, "dtype is -1", c.config.dtype = -1);
    REFUSED(create, SA_ERR_VALUE, "values_in_keys is 2", c.config.values_in_keys = 2);
    REFUSED(create, SA_ERR_VALUE, "value_head_size is 5, but keys that hold the values have head_size 4",
            c.config.values_in_keys = 1, c.config.head_size = 4, c.config.value_head_size = 5);
    REFUSED(create, SA_ERR_VALUE, "capacity is -1", c.config.capacity = -1);
    REFUSED(create, SA_ERR_VALUE, "window -5", c.config.window = -5);
    REFUSED(create, SA_ERR_VALUE, "window 1152921504606846977", c.config.window = ((int64_t)1 << 60) + 1);
    REFUSED(create, SA_ERR_VALUE, "keep_first is -1", c.config.window = 9, c.config.keep_first = -1);
    REFUSED(create, SA_ERR_VALUE, "keep_first is 129", c.config.window = 9, c.config.keep_first = SA_CACHE_PAGE + 1);
    REFUSED(create, SA_ERR_VALUE, "keep_first is 4 with window 0", c.config.keep_first = 4);
}

Test(cache, sizes_that_do_not_fit) {
    const int64_t most = INT32_MAX;
    REFUSED(create, SA_ERR_OVERFLOW, "the size of a page of the cache", c.config.kv_heads = c.config.head_size = most);
    REFUSED(create, SA_ERR_OVERFLOW, "the size of a page of the cache",
            c.config.kv_heads = c.config.value_head_size = most, c.config.window = 1,
            c.config.keep_first = SA_CACHE_PAGE);
    REFUSED(create, SA_ERR_OVERFLOW, "the size of the cache", c.config.capacity = (int64_t)1 << 60);
    REFUSED(create, SA_ERR_OVERFLOW, "the size of the cache", c.config.capacity = (int64_t)1 << 60,
            c.config.window = 1);
    REFUSED(create, SA_ERR_OVERFLOW, "the size of a cache's tables", c.config.layers = c.config.batch = most);
}

Test(cache, append) {
    REFUSED(append, SA_ERR_VALUE, "the cache's layer is -1, must be 0 to 1", c.layer = -1);
    REFUSED(append, SA_ERR_VALUE, "the cache's layer is 2, must be 0 to 1", c.layer = 2);
    REFUSED(append, SA_ERR_SHAPE, "key.size[0] (batch) is 1, must be 2", c.key.size[0] = 1);
    REFUSED(append, SA_ERR_SHAPE, "key.size[1] (heads) is 4, must be 2, which is the cache's kv_heads",
            c.key.size[1] = 4);
    REFUSED(append, SA_ERR_SHAPE, "key.size[3] (last) is 6, must be 4", c.key.size[3] = DV);
    REFUSED(append, SA_ERR_SHAPE, "value.size[2] (sequence) is 4, must be 5", c.value.size[2] = 4);
    REFUSED(append, SA_ERR_SHAPE, "value.size[3] (last) is 4, must be 6", c.value.size[3] = D);
    REFUSED(append, SA_ERR_VALUE, "lengths[1] is 6, must be 0 to 5", c.lengths[1] = 6);
    REFUSED(append, SA_ERR_VALUE, "lengths[0] is -1, must be 0 to 5", c.lengths[0] = -1);
    REFUSED(append, SA_ERR_UNSUPPORTED, "key.dtype is 3", c.key.dtype = SA_BOOL);
    REFUSED(append, SA_ERR_VALUE, "value.dtype is 4", c.value.dtype = SA_I8);
    REFUSED(append, SA_ERR_NULL, "key.data is NULL", c.key.data = NULL);
    REFUSED(append, SA_ERR_NULL, "value.data is NULL", c.value.data = NULL);
    REFUSED(append, SA_ERR_VALUE, "value.reserved is 1", c.value.reserved = 1);
    REFUSED(append, SA_ERR_OVERFLOW, "key does not fit an address", c.key.stride[0] = INT64_MAX);
    REFUSED(append, SA_ERR_VALUE, "key.size[2] is -1", c.key.size[2] = -1);
}

/* Sequences that are short enough one by one, but not all together. */
Test(cache, tokens_that_cannot_be_counted) {
    struct cached c;
    sa_cache *cache = NULL;
    cached_make(&c);
    const sa_cache_config config = {.struct_size = sizeof config, .batch = 16, .kv_heads = 1, .head_size = 1};
    sa_tensor one = {.data = c.v.key, .size = {16, 1, (int64_t)1 << 60, 1}};
    cr_assert_eq(sa_cache_create(c.v.ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(c.v.ctx));
    expect_refused(sa_cache_append(c.v.ctx, cache, 0, &one, &one, NULL), sa_ctx_last_error(c.v.ctx), SA_ERR_OVERFLOW,
                   "the size of the scratch memory", "16 * 2^60 tokens");
    sa_cache_destroy(&cache);
    cached_free(&c);
}

/* So many tokens that their number overflows, by one key in memory. */
Test(cache, lengths_of_sequences_are_checked) {
    const int64_t many = (int64_t)1 << 60;
    REFUSED(append, SA_ERR_OVERFLOW, "sequence 0 has 5 tokens and gets 1152921504606846976 more, above 2^60",
            c.layer = 1, c.lengths[0] = c.lengths[1] = many, c.key.size[2] = c.value.size[2] = many,
            memset(c.key.stride, 0, sizeof c.key.stride), memset(c.value.stride, 0, sizeof c.value.stride));
}

Test(cache, attention) {
    REFUSED(attention, SA_ERR_VALUE, "key is given beside a cache", c.v.attention.key = c.key);
    REFUSED(attention, SA_ERR_VALUE, "value is given beside a cache", c.v.attention.value = c.value);
    REFUSED(attention, SA_ERR_VALUE, "the cache's layer is 2, must be 0 to 1", c.v.attention.cache_layer = 2);
    REFUSED(attention, SA_ERR_VALUE, "the cache's layer is -1", c.v.attention.cache_layer = -1);
    REFUSED(attention, SA_ERR_VALUE, "cache_layer is 1 without a cache", c.v.attention.cache = NULL);
    REFUSED(attention, SA_ERR_SHAPE, "the cache has B 2, K 2, D 4, Dv 6, but the call B 1",
            c.v.attention.query.size[0] = 1);
    REFUSED(attention, SA_ERR_SHAPE, "but the call B 2, K 2, D 3, Dv 6", c.v.attention.query.size[3] = 3);
    REFUSED(attention, SA_ERR_SHAPE, "the cache has 2 heads, which does not divide query's 3",
            c.v.attention.query.size[1] = c.v.attention.output.size[1] = 3);
    REFUSED(attention, SA_ERR_SHAPE, "output.size[3] (last) is 4, must be 6, which is the cache's Dv",
            c.v.attention.output.size[3] = 4);
    REFUSED(attention, SA_ERR_SHAPE, "weights.size[3] (last) is 4, must be 5", c.v.attention.weights.size[3] = 4);
    REFUSED(attention, SA_ERR_SHAPE, "masking.mask.size[3] is 5, must be at most S = 0", c.v.attention.cache_layer = 0,
            c.v.attention.weights.data = NULL);
    REFUSED(attention, SA_ERR_VALUE, "masking.key_lengths is given beside a cache",
            c.v.masking.key_lengths = c.v.lengths);
    REFUSED(attention, SA_ERR_UNSUPPORTED, "weights_kind is 1; with a cache only", c.v.attention.weights_kind = 1);
}

Test(cache, attention_with_a_window) {
    const sa_cache_config windowed = {.struct_size = sizeof windowed,
                                      .batch = B,
                                      .kv_heads = K,
                                      .head_size = D,
                                      .value_head_size = DV,
                                      .window = 9,
                                      .keep_first = 3};
    struct cached c = {0};
    cached_make(&c);
    sa_cache_destroy(&c.cache);
    cr_assert_eq(sa_cache_create(c.v.ctx, &windowed, &c.cache), SA_OK);
    cr_assert_eq(sa_cache_append(c.v.ctx, c.cache, 0, &c.key, &c.value, NULL), SA_OK);
    c.v.attention.cache = c.cache, c.v.attention.cache_layer = 0;
    c.v.masking.window = 1, c.v.masking.keep_first = 3;
    cr_expect_eq(sa_attention(c.v.ctx, &c.v.attention), SA_OK, "%s", sa_ctx_last_error(c.v.ctx));
    c.v.masking.keep_first = 4;
    expect_attention(&c, SA_ERR_VALUE, "masking.keep_first is 4, must be at most the cache's keep_first, 3",
                     "keep_first");
    cached_free(&c);
}

Test(cache, forward) {
    REFUSED(forward, SA_ERR_VALUE, "cache_use is 2", c.v.forward.cache_use = 2);
    REFUSED(forward, SA_ERR_VALUE, "cache_use is -1", c.v.forward.cache_use = -1);
    REFUSED(forward, SA_ERR_VALUE, "cache_layer is 1 without a cache", c.v.forward.cache = NULL,
            c.v.forward.cache_layer = 1);
    REFUSED(forward, SA_ERR_VALUE, "cache_use is SA_CACHE_READ without a cache", c.v.forward.cache = NULL,
            c.v.forward.cache_use = SA_CACHE_READ);
    REFUSED(forward, SA_ERR_VALUE, "lengths is given without a cache", c.v.forward.cache = NULL,
            c.v.forward.lengths = c.lengths);
    REFUSED(forward, SA_ERR_VALUE, "context is given with SA_CACHE_READ", c.v.forward.cache_use = SA_CACHE_READ);
    REFUSED(forward, SA_ERR_VALUE, "lengths is given with SA_CACHE_READ", c.v.forward.cache_use = SA_CACHE_READ,
            c.v.forward.context.data = NULL, c.v.forward.lengths = c.lengths);
    REFUSED(forward, SA_ERR_VALUE, "the cache's layer is 3, must be 0 to 1", c.v.forward.cache_layer = 3);
    REFUSED(forward, SA_ERR_VALUE, "lengths[0] is 6, must be 0 to 5", c.lengths[0] = 6,
            c.v.forward.lengths = c.lengths);
    REFUSED(forward, SA_ERR_VALUE, "latent_form is 1, but the layer has no latent", c.v.forward.latent_form = 1);
    REFUSED(forward, SA_ERR_VALUE, "positions[4] is -1152921504606846977", c.positions[4] = -((int64_t)1 << 60) - 1,
            c.v.forward.positions = c.positions);
    REFUSED(forward, SA_ERR_VALUE, "masking.key_lengths is given beside a cache",
            c.v.masking.key_lengths = c.v.lengths);
    REFUSED(forward, SA_ERR_UNSUPPORTED, "weights_kind is 3; with a cache only", c.v.forward.weights_kind = 3);
    REFUSED(forward, SA_ERR_SHAPE, "weights.size[3] (last) is 5, must be 10", c.v.forward.cache_layer = 1);
    REFUSED(forward, SA_ERR_SHAPE, "the cache has B 2, K 2, D 4, Dv 6, but the call B 1", c.v.forward.x.size[0] = 1,
            c.v.forward.y.size[0] = 1, c.v.forward.context.size[0] = 1);
}

/* ---- calls without a context */

#define EXPECT_REFUSED(call, status, words) expect_refused(call, sa_ctx_last_error(NULL), status, words, #call)

Test(cache, rewinding_and_sharing) {
    const int64_t above[B] = {0, 2}, below[B] = {-1, 0};
    struct cached c = {0};
    cached_make(&c);
    EXPECT_REFUSED(sa_cache_truncate(c.cache, 2, 0), SA_ERR_VALUE, "sequence is 2, must be 0 to 1");
    EXPECT_REFUSED(sa_cache_truncate(c.cache, -2, 0), SA_ERR_VALUE, "sequence is -2, must be 0 to 1");
    EXPECT_REFUSED(sa_cache_truncate(c.cache, 0, -1), SA_ERR_VALUE, "length is -1, must be at least 0");
    EXPECT_REFUSED(sa_cache_fork(c.cache, -1, 0), SA_ERR_VALUE, "from is -1, must be 0 to 1");
    EXPECT_REFUSED(sa_cache_fork(c.cache, 0, 2), SA_ERR_VALUE, "to is 2, must be 0 to 1");
    EXPECT_REFUSED(sa_cache_reorder(c.cache, above), SA_ERR_VALUE, "from[1] is 2, must be 0 to 1");
    EXPECT_REFUSED(sa_cache_reorder(c.cache, below), SA_ERR_VALUE, "from[0] is -1, must be 0 to 1");
    cr_expect_eq(sa_cache_truncate(c.cache, -1, INT64_MAX), SA_OK, "there is nothing to forget");
    cr_expect_eq(sa_cache_fork(c.cache, 1, 1), SA_OK, "a sequence equals itself");
    expect_unchanged(&c, "refusals");
    cached_free(&c);
}

/* A window that has dropped tokens lets nobody go back to where they are missing. */
Test(cache, rewinding_behind_a_window) {
    enum { WINDOW = 100, LENGTH = 3 * SA_CACHE_PAGE, KEPT = 4 };
    const sa_cache_config config = {.struct_size = sizeof config,
                                    .layers = LAYERS,
                                    .batch = B,
                                    .kv_heads = 1,
                                    .head_size = 1,
                                    .window = WINDOW,
                                    .keep_first = KEPT};
    struct cached c = {0};
    sa_cache *cache = NULL;
    sa_tensor tokens;
    static float numbers[LENGTH];
    const int64_t lengths[B] = {1, 0};
    cached_make(&c);
    cr_assert_eq(sa_cache_create(c.v.ctx, &config, &cache), SA_OK);
    sa_tensor_set(&tokens, numbers, SA_F32, SA_BHSD, B, 1, LENGTH, 1);
    tokens.stride[0] = 0;
    cr_assert_eq(sa_cache_append(c.v.ctx, cache, 1, &tokens, &tokens, NULL), SA_OK);
    tokens.size[2] = 1;
    cr_assert_eq(sa_cache_append(c.v.ctx, cache, 1, &tokens, &tokens, lengths), SA_OK);
    EXPECT_REFUSED(sa_cache_truncate(cache, 0, 2 * SA_CACHE_PAGE + WINDOW - 1), SA_ERR_VALUE,
                   "sequence 0 cannot go back to 355 tokens: the window has dropped those before 256");
    EXPECT_REFUSED(sa_cache_truncate(cache, 0, KEPT + 1), SA_ERR_VALUE, "sequence 0 cannot go back to 5 tokens");
    EXPECT_REFUSED(sa_cache_truncate(cache, -1, 300), SA_ERR_VALUE, "sequence 0 cannot go back to 300 tokens");
    cr_expect_eq(sa_cache_length(cache, 1, 1), LENGTH, "a refusal for one sequence changes no other");
    cr_expect_eq(sa_cache_truncate(cache, 0, 2 * SA_CACHE_PAGE + WINDOW), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(sa_cache_truncate(cache, 1, 300), SA_OK, "nothing has been dropped there");
    cr_expect_eq(sa_cache_truncate(cache, 0, KEPT), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(sa_cache_length(cache, 1, 0), KEPT);
    cr_expect_eq(sa_cache_truncate(cache, -1, 0), SA_OK, "%s", sa_ctx_last_error(NULL));
    sa_cache_destroy(&cache);
    cached_free(&c);
}

Test(cache, nulls) {
    struct cached c = {0};
    cached_make(&c);
    sa_cache *cache = NULL;
    sa_ctx *ctx = c.v.ctx;
#define EXPECT_NULL(call, of, what) expect_refused(call, sa_ctx_last_error(of), SA_ERR_NULL, what " is NULL", #call)
    EXPECT_NULL(sa_cache_create(NULL, &c.config, &cache), NULL, "ctx");
    EXPECT_NULL(sa_cache_create(ctx, NULL, &cache), ctx, "config");
    EXPECT_NULL(sa_cache_create(ctx, &c.config, NULL), ctx, "cache");
    EXPECT_NULL(sa_cache_append(NULL, c.cache, 0, &c.key, &c.value, NULL), NULL, "ctx");
    EXPECT_NULL(sa_cache_append(ctx, NULL, 0, &c.key, &c.value, NULL), ctx, "cache");
    EXPECT_NULL(sa_cache_append(ctx, c.cache, 0, NULL, &c.value, NULL), ctx, "key");
    EXPECT_NULL(sa_cache_append(ctx, c.cache, 0, &c.key, NULL, NULL), ctx, "value");
    EXPECT_NULL(sa_cache_truncate(NULL, 0, 0), NULL, "cache");
    EXPECT_NULL(sa_cache_fork(NULL, 0, 1), NULL, "cache");
    EXPECT_NULL(sa_cache_reorder(NULL, c.lengths), NULL, "cache");
    EXPECT_NULL(sa_cache_reorder(c.cache, NULL), NULL, "from");
    cr_expect(sa_cache_length(NULL, 0, 0) == -1 && sa_cache_bytes(NULL) == 0);
    cr_expect(sa_cache_length(c.cache, -1, 0) == -1 && sa_cache_length(c.cache, LAYERS, 0) == -1);
    cr_expect(sa_cache_length(c.cache, 0, -1) == -1 && sa_cache_length(c.cache, 0, B) == -1);
    sa_cache_destroy(NULL);
    sa_cache_destroy(&cache);
    expect_unchanged(&c, "NULLs");
    cached_free(&c);
    cr_expect_null(c.cache, "a destroyer clears the handle");
}
