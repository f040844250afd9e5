/* Memory of caches: pages that are added one by one, shared and used again; a capacity that is allocated at once; every
 * allocation that can fail.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, LAYERS = 2, KV_HEADS = 2, SIZE = 6, VALUE_SIZE = 10, PAGE = SA_CACHE_PAGE, CHUNK = 200 };

/* Tokens that are equal in all sequences of a batch. */
struct tokens {
    float key[CHUNK * KV_HEADS * SIZE], value[CHUNK * KV_HEADS * VALUE_SIZE];
    sa_tensor keys, values;
};

static void tokens_make(struct tokens *t, int64_t count) {
    struct rng rng = {11};
    for (size_t i = 0; i < sizeof t->key / sizeof t->key[0]; i++) t->key[i] = rng_normal(&rng);
    for (size_t i = 0; i < sizeof t->value / sizeof t->value[0]; i++) t->value[i] = rng_normal(&rng);
    sa_tensor_set(&t->keys, t->key, SA_F32, SA_BSHD, BATCH, KV_HEADS, count, SIZE);
    sa_tensor_set(&t->values, t->value, SA_F32, SA_BSHD, BATCH, KV_HEADS, count, VALUE_SIZE);
    t->keys.stride[0] = t->values.stride[0] = 0;
}

static sa_ctx *open_with(struct test_allocator *memory) {
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    *memory = test_allocator_make();
    test_allocator_use(memory, &options);
    return ctx_open(&options);
}

static sa_cache_config config_of(int32_t dtype, int64_t capacity, int64_t window, int64_t keep_first) {
    return (sa_cache_config){.struct_size = sizeof(sa_cache_config),
                             .layers = LAYERS,
                             .batch = BATCH,
                             .kv_heads = KV_HEADS,
                             .head_size = SIZE,
                             .value_head_size = VALUE_SIZE,
                             .dtype = dtype,
                             .capacity = capacity,
                             .window = window,
                             .keep_first = keep_first};
}

static sa_cache *open_cache(sa_ctx *ctx, sa_cache_config config) {
    sa_cache *cache = NULL;
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    return cache;
}

static sa_status append(sa_ctx *ctx, sa_cache *cache, int64_t layer, int64_t count, const int64_t *lengths) {
    static struct tokens tokens;
    tokens_make(&tokens, count);
    return sa_cache_append(ctx, cache, layer, &tokens.keys, &tokens.values, lengths);
}

static void expect_ok(sa_status status, const sa_ctx *ctx) {
    cr_assert_eq(status, SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Attention of a query in each sequence, whatever is in the cache. */
static void attend(sa_ctx *ctx, const sa_cache *cache, int64_t layer, float output[BATCH * KV_HEADS * VALUE_SIZE]) {
    static float query[BATCH * KV_HEADS * SIZE];
    sa_attention_args a = {.struct_size = sizeof a, .cache = cache, .cache_layer = layer};
    for (size_t i = 0; i < sizeof query / sizeof query[0]; i++) query[i] = (float)(i % 7) - 3;
    sa_tensor_set(&a.query, query, SA_F32, SA_BHSD, BATCH, KV_HEADS, 1, SIZE);
    sa_tensor_set(&a.output, output, SA_F32, SA_BHSD, BATCH, KV_HEADS, 1, VALUE_SIZE);
    expect_ok(sa_attention(ctx, &a), ctx);
}

/* ---- pages */

/* Bytes of a page's numbers; what comes on top is little. */
static int64_t page_bytes(int32_t dtype) {
    int64_t number = dtype == SA_F32 ? 4 : dtype == SA_I8 ? 1 : 2, scales = dtype == SA_I8 ? 8 : 0;
    return KV_HEADS * PAGE * ((SIZE + VALUE_SIZE) * number + scales);
}

static void expect_pages(const sa_cache *cache, int32_t dtype, int64_t pages, const char *when) {
    int64_t bytes = (int64_t)sa_cache_bytes(cache), least = pages * page_bytes(dtype);
    cr_expect(bytes >= least && bytes <= least + least / 4, "dtype %d, %s: %lld bytes, want %lld pages of %lld", dtype,
              when, (long long)bytes, (long long)pages, (long long)page_bytes(dtype));
}

Test(cache_memory, grows_by_pages_that_are_shared_until_written_to) {
    const int64_t one[BATCH] = {1, 0, 0, 0};
    for (int32_t dtype = SA_F32; dtype <= SA_I8; dtype++) {
        if (dtype == SA_BOOL) continue;
        struct test_allocator memory;
        sa_ctx *ctx = open_with(&memory);
        sa_cache *cache = open_cache(ctx, config_of(dtype, 0, 0, 0));
        expect_pages(cache, dtype, 0, "empty");
        expect_ok(append(ctx, cache, 0, 1, one), ctx);
        expect_pages(cache, dtype, 1, "one token");
        expect_ok(append(ctx, cache, 0, PAGE - 1, (int64_t[]){PAGE - 1, 0, 0, 0}), ctx);
        expect_pages(cache, dtype, 1, "a full page");
        expect_ok(append(ctx, cache, 0, 1, one), ctx);
        expect_pages(cache, dtype, 2, "one token more");
        for (int64_t b = 1; b < BATCH; b++) expect_ok(sa_cache_fork(cache, 0, b), NULL);
        expect_pages(cache, dtype, 2, "forks");
        expect_ok(append(ctx, cache, 0, 1, (int64_t[]){0, 1, 0, 0}), ctx);
        expect_pages(cache, dtype, 3, "one of four writes");
        expect_ok(append(ctx, cache, 0, 1, NULL), ctx);
        expect_pages(cache, dtype, 5, "all write, the last to the page that all others have left");
        expect_ok(sa_cache_reorder(cache, (int64_t[]){2, 2, 2, 2}), NULL);
        expect_ok(append(ctx, cache, 1, 1, (int64_t[]){1, 1, 0, 0}), ctx);
        expect_pages(cache, dtype, 5, "pages that nobody has are used again");
        expect_ok(sa_cache_truncate(cache, -1, 0), NULL);
        expect_ok(append(ctx, cache, 0, PAGE, NULL), ctx);
        expect_pages(cache, dtype, 5, "after forgetting all");
        sa_cache_destroy(&cache);
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0, "%lld blocks are left", (long long)memory.live);
    }
}

/* Neither pages nor anything else grow with a text whose window moves on. */
Test(cache_memory, of_a_window_is_bounded) {
    const int64_t windows[] = {1, 100, 128, 300}, keeps[] = {0, 1, PAGE};
    for (int w = 0; w < 4; w++)
        for (int k = 0; k < 3; k++) {
            struct test_allocator memory;
            sa_ctx *ctx = open_with(&memory);
            sa_cache *cache = open_cache(ctx, config_of(SA_F32, 0, windows[w], keeps[k]));
            int64_t calls = 0, pages = BATCH * ((windows[w] + CHUNK - 2) / PAGE + 2 + (keeps[k] > 0));
            for (int i = 0; i < 60; i++) {
                if (i == 20) calls = memory.calls;
                expect_ok(append(ctx, cache, 1, CHUNK - i % 3, NULL), ctx);
            }
            cr_expect_leq((int64_t)sa_cache_bytes(cache), pages * (page_bytes(SA_F32) + 64), "window %lld, first %lld",
                          (long long)windows[w], (long long)keeps[k]);
            cr_expect_eq(memory.calls, calls, "window %lld, first %lld: %lld allocations", (long long)windows[w],
                         (long long)keeps[k], (long long)(memory.calls - calls));
            sa_cache_destroy(&cache);
            sa_ctx_destroy(&ctx);
        }
}

/* ---- capacity */

/* Sequences that share all their pages and then all go their own ways to the end. */
Test(cache_memory, of_a_capacity_is_allocated_at_once) {
    enum { CAPACITY = 2 * PAGE + 44 };
    struct test_allocator memory;
    sa_ctx *ctx = open_with(&memory);
    sa_cache *cache = open_cache(ctx, config_of(SA_F32, CAPACITY, 0, 0));
    float output[BATCH * KV_HEADS * VALUE_SIZE], again[BATCH * KV_HEADS * VALUE_SIZE];
    expect_pages(cache, SA_F32, LAYERS * BATCH * 3, "a capacity of three pages");
    expect_ok(append(ctx, cache, 0, PAGE + 10, (int64_t[]){PAGE + 10, 0, 0, 0}), ctx);
    expect_ok(append(ctx, cache, 1, PAGE + 10, (int64_t[]){PAGE + 10, 0, 0, 0}), ctx);
    attend(ctx, cache, 0, output);
    expect_ok(sa_ctx_reserve(ctx, sa_ctx_scratch_bytes(ctx) + 100000), ctx);
    int64_t calls = memory.calls;
    for (int64_t b = 1; b < BATCH; b++) expect_ok(sa_cache_fork(cache, 0, b), NULL);
    expect_ok(sa_cache_reorder(cache, (int64_t[]){3, 3, 0, 1}), NULL);
    for (int64_t length = PAGE + 10; length < CAPACITY; length++)
        for (int layer = 0; layer < LAYERS; layer++) expect_ok(append(ctx, cache, layer, 1, NULL), ctx);
    attend(ctx, cache, 1, output);
    cr_expect_eq(append(ctx, cache, 1, 1, (int64_t[]){0, 0, 1, 0}), SA_ERR_MEMORY);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "the cache's capacity is 300 tokens, and sequence 2 would hold 301");
    cr_expect_eq(append(ctx, cache, 1, CHUNK, NULL), SA_ERR_MEMORY);
    for (int64_t b = 0; b < BATCH; b++) cr_expect_eq(sa_cache_length(cache, 1, b), CAPACITY, "nothing was added");
    attend(ctx, cache, 1, again);
    cr_expect(!memcmp(output, again, sizeof output), "the cache works on");
    expect_ok(sa_cache_truncate(cache, 2, CAPACITY - 1), NULL);
    expect_ok(append(ctx, cache, 1, 1, (int64_t[]){0, 0, 1, 0}), ctx);
    cr_expect_eq(memory.calls, calls, "%lld allocations", (long long)(memory.calls - calls));
    expect_pages(cache, SA_F32, LAYERS * BATCH * 3, "at the end");
    sa_cache_destroy(&cache);
    sa_ctx_destroy(&ctx);
}

/* A capacity of the window and the first tokens is enough for a text without end, however its steps fall into pages. */
Test(cache_memory, of_a_window_fits_into_a_capacity) {
    const int64_t windows[] = {1, 2, 127, 128, 129, 200}, keeps[] = {0, 1, PAGE}, steps[] = {1, 3, CHUNK};
    for (int w = 0; w < 6; w++)
        for (int k = 0; k < 3; k++)
            for (int s = 0; s < 3; s++) {
                struct test_allocator memory;
                sa_ctx *ctx = open_with(&memory);
                int64_t capacity = windows[w] + steps[s] - 1 + keeps[k];
                sa_cache *cache = open_cache(ctx, config_of(SA_F32, capacity, windows[w], keeps[k]));
                expect_ok(append(ctx, cache, 0, steps[s], NULL), ctx);
                int64_t calls = memory.calls;
                for (int64_t length = steps[s]; length < 5 * PAGE; length += steps[s])
                    expect_ok(append(ctx, cache, 0, steps[s], NULL), ctx);
                cr_expect_eq(append(ctx, cache, 0, steps[s] + 1, NULL), SA_ERR_MEMORY, "one more than fits");
                expect_ok(sa_cache_reorder(cache, (int64_t[]){1, 1, 1, 1}), NULL);
                expect_ok(append(ctx, cache, 0, steps[s], NULL), ctx);
                cr_expect_eq(memory.calls, calls, "window %lld, first %lld, steps of %lld: %lld allocations",
                             (long long)windows[w], (long long)keeps[k], (long long)steps[s],
                             (long long)(memory.calls - calls));
                sa_cache_destroy(&cache);
                sa_ctx_destroy(&ctx);
            }
}

/* ---- failures */

/* Makes the call again after it has failed. */
#define TRY(call, of)                                                                                                  \
    do {                                                                                                               \
        sa_status tried = call;                                                                                        \
        if (tried != SA_OK) {                                                                                          \
            cr_expect(tried == SA_ERR_MEMORY && strstr(sa_ctx_last_error(of), "no memory: "), "%s: %d, \"%s\"", #call, \
                      tried, sa_ctx_last_error(of));                                                                   \
            tried = call;                                                                                              \
        }                                                                                                              \
        cr_expect_eq(tried, SA_OK, "%s: %s", #call, sa_ctx_last_error(of));                                            \
    } while (0)

/* A history in which allocation number `fail_at` fails; its attention at the end. */
static int run_with_failure(const sa_cache_config *config, int64_t fail_at,
                            float output[LAYERS][BATCH * KV_HEADS * VALUE_SIZE]) {
    struct test_allocator memory;
    sa_ctx *ctx = open_with(&memory);
    sa_cache *cache = NULL;
    memory.fail_at = fail_at < 0 ? -1 : memory.calls + fail_at;
    TRY(sa_cache_create(ctx, config, &cache), ctx);
    TRY(append(ctx, cache, 0, 100, (int64_t[]){100, 0, 50, 1}), ctx);
    TRY(append(ctx, cache, 1, 20, NULL), ctx);
    TRY(sa_cache_fork(cache, 0, 1), NULL);
    TRY(append(ctx, cache, 0, 100, (int64_t[]){60, 100, 0, 7}), ctx);
    TRY(sa_cache_reorder(cache, (int64_t[]){1, 0, 1, 2}), NULL);
    TRY(append(ctx, cache, 0, CHUNK, NULL), ctx);
    TRY(append(ctx, cache, 0, CHUNK, (int64_t[]){1, 2, 199, 200}), ctx);
    TRY(append(ctx, cache, 1, 130, NULL), ctx);
    memory.fail_at = -1;
    for (int layer = 0; layer < LAYERS; layer++) attend(ctx, cache, layer, output[layer]);
    sa_cache_destroy(&cache);
    sa_ctx_destroy(&ctx);
    cr_expect(memory.live == 0 && memory.live_bytes == 0 && memory.faults == 0,
              "allocation %lld failed: %lld blocks left, %lld faults", (long long)fail_at, (long long)memory.live,
              (long long)memory.faults);
    return memory.failures > 0;
}

Test(cache_memory, every_allocation_may_fail) {
    const sa_cache_config configs[] = {config_of(SA_F32, 0, 0, 0), config_of(SA_I8, 0, 150, 5),
                                       config_of(SA_F16, 600, 0, 0), config_of(SA_F32, 600, 100, 9)};
    for (int c = 0; c < 4; c++) {
        float want[LAYERS][BATCH * KV_HEADS * VALUE_SIZE], got[LAYERS][BATCH * KV_HEADS * VALUE_SIZE];
        int64_t n = 0;
        run_with_failure(&configs[c], -1, want);
        for (; run_with_failure(&configs[c], n, got); n++)
            cr_expect(!memcmp(want, got, sizeof got), "config %d: allocation %lld failed: another result", c,
                      (long long)n);
        cr_expect(n >= 20, "config %d: tables and pages are allocated; only %lld were", c, (long long)n);
    }
}

/* Sizes that fit into numbers, but not into memory. */
Test(cache_memory, sizes_beyond_memory_are_refused) {
    struct test_allocator memory;
    sa_ctx *ctx = open_with(&memory);
    const int64_t most = INT32_MAX;
    for (int i = 0; i < 3; i++) {
        sa_cache_config config = config_of(SA_F32, 0, 0, 0);
        sa_cache *cache = NULL;
        if (i == 0) config.batch = most;
        if (i == 1) config.batch = 1 << 16, config.layers = most;
        if (i == 2) config.capacity = PAGE, config.kv_heads = config.head_size = 1 << 20;
        cr_expect_eq(sa_cache_create(ctx, &config, &cache), SA_ERR_MEMORY, "%d: %s", i, sa_ctx_last_error(ctx));
        cr_expect(!cache && strstr(sa_ctx_last_error(ctx), "no memory: "), "%d: %s", i, sa_ctx_last_error(ctx));
    }
    sa_ctx_destroy(&ctx);
    cr_expect(memory.live == 0 && memory.faults == 0);
}
