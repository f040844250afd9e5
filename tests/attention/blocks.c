/* Sparse attention: a block list against a mask tensor with the same blocks, and what it does not read.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* mmap */
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEADS = 4, KV = 2, SIZE = 64 };

static float *noise(struct rng *rng, int64_t n) {
    float *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = rng_normal(rng);
    return x;
}

/* A list by sa_pattern_blocks(); *offsets and *indices are the caller's. */
static sa_block_list list_of(const sa_pattern *p, int64_t **offsets, int32_t **indices) {
    int64_t lines = (p->queries + p->query_block - 1) / p->query_block, count, again;
    *offsets = malloc((size_t)(lines + 1) * sizeof **offsets);
    cr_assert_eq(sa_pattern_blocks(p, *offsets, NULL, 0, &count), SA_OK, "%s", sa_ctx_last_error(NULL));
    *indices = malloc((size_t)(count + 1) * sizeof **indices);
    cr_assert_eq(sa_pattern_blocks(p, *offsets, *indices, count, &again), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_assert_eq(count, again);
    return (sa_block_list){sizeof(sa_block_list), p->query_block, p->key_block, 1, 1, *offsets, *indices};
}

/* uint8_t [T][S]: what the list and sa_masking's window show. */
static uint8_t *mask_of(const sa_block_list *l, int64_t T, int64_t S) {
    uint8_t *mask = calloc((size_t)(T * S), 1);
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = l->offsets[t / l->query_block]; i < l->offsets[t / l->query_block + 1]; i++)
            for (int64_t j = l->indices[i] * l->key_block; j < S && j < (l->indices[i] + 1) * l->key_block; j++)
                mask[t * S + j] = 1;
    return mask;
}

static sa_attention_args args_of(int64_t T, int64_t S, float *q, float *k, float *v, float *o) {
    sa_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, HEADS, T, SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, KV, S, SIZE);
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, KV, S, SIZE);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, HEADS, T, SIZE);
    return a;
}

/* The list and the mask hide the same keys in the same tiles, so the bits are the same, but on the path of BLAS, where
 * a product of another width may be rounded differently. */
static void expect_same(const struct way *way, const float *a, const float *b, int64_t n, const char *what) {
    double worst = 0;
    for (int64_t i = 0; i < n; i++) worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    cr_expect(worst <= 2e-6, "%s, %s: %g apart", way->name, what, worst);
}

Test(blocks, with_a_cache_are_as_a_mask) {
    enum { T = 5, S = 700 };
    struct rng rng = {3};
    float *q = noise(&rng, HEADS * T * SIZE), *k = noise(&rng, KV * S * SIZE), *v = noise(&rng, KV * S * SIZE);
    float sparse[HEADS * T * SIZE], masked[HEADS * T * SIZE];
    int64_t *offsets;
    int32_t *indices;
    const sa_pattern p = {.struct_size = sizeof p,
                          .queries = T,
                          .keys = S,
                          .offset = S - T,
                          .query_block = 2,
                          .key_block = 32,
                          .causal = 1,
                          .window = 1,
                          .window_left = 100,
                          .random_blocks = 4};
    const sa_block_list list = list_of(&p, &offsets, &indices);
    uint8_t *shown = mask_of(&list, T, S);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        sa_cache *cache = NULL;
        if (!ctx) continue;
        const sa_cache_config config = {
            .struct_size = sizeof config, .layers = 1, .batch = 1, .kv_heads = KV, .head_size = SIZE, .dtype = SA_BF16};
        cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_attention_args a = args_of(T, S, q, k, v, sparse);
        cr_assert_eq(sa_cache_append(ctx, cache, 0, &a.key, &a.value, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
        a.key.data = a.value.data = NULL;
        a.cache = cache;
        sa_masking causal = {.struct_size = sizeof causal, .causal = 1}, both = causal;
        a.masking = &causal, a.blocks = &list;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_tensor_set(&both.mask, shown, SA_BOOL, SA_BHSD, 1, 1, T, S);
        a.masking = &both, a.blocks = NULL, a.output.data = masked;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        expect_same(&ways[w], sparse, masked, HEADS * T * SIZE, "cache");
        sa_cache_destroy(&cache);
        sa_ctx_destroy(&ctx);
    }
    free(q), free(k), free(v), free(offsets), free(indices), free(shown);
}

Test(blocks, in_packed_sequences_are_those_of_each) {
    enum { B = 3, ROWS = 420 };
    static const int64_t starts[B + 1] = {0, 200, 210, ROWS};
    struct rng rng = {4};
    float *q = noise(&rng, HEADS * ROWS * SIZE), *k = noise(&rng, KV * ROWS * SIZE), *v = noise(&rng, KV * ROWS * SIZE);
    static float packed[HEADS * ROWS * SIZE], alone[HEADS * ROWS * SIZE];
    int64_t *offsets;
    int32_t *indices;
    const sa_pattern p = {.struct_size = sizeof p,
                          .queries = 210,
                          .keys = 210,
                          .query_block = 16,
                          .key_block = 16,
                          .causal = 1,
                          .stride = 3,
                          .global_tokens = 5};
    const sa_block_list list = list_of(&p, &offsets, &indices);
    const sa_packing packing = {sizeof packing, B, starts, NULL};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        sa_attention_args a = args_of(ROWS, ROWS, q, k, v, packed);
        a.packing = &packing, a.blocks = &list;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int b = 0; b < B; b++) {
            sa_attention_args one = args_of(ROWS, ROWS, q, k, v, alone);
            sa_tensor *t[] = {&one.query, &one.key, &one.value, &one.output};
            for (int i = 0; i < 4; i++) {
                t[i]->data = (float *)t[i]->data + starts[b] * SIZE;
                t[i]->size[2] = starts[b + 1] - starts[b];
            }
            sa_pattern own = p;
            int64_t *o;
            int32_t *x;
            own.queries = own.keys = starts[b + 1] - starts[b];
            const sa_block_list shorter = list_of(&own, &o, &x);
            one.blocks = &shorter;
            cr_assert_eq(sa_attention(ctx, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
            free(o), free(x);
        }
        expect_same(&ways[w], packed, alone, HEADS * ROWS * SIZE, "packed");
        sa_ctx_destroy(&ctx);
    }
    free(q), free(k), free(v), free(offsets), free(indices);
}

/* Tiles without a listed key are not even read: their memory may not be accessed. 256 keys of 64 floats are whole
 * pages, and whole tiles on every path. */
Test(blocks, that_no_line_lists_are_never_read) {
    enum { S = 8192, T = 192, STEP = 256 };
    const size_t bytes = (size_t)S * SIZE * sizeof(float);
    struct rng rng = {5};
    float *q = noise(&rng, T * SIZE);
    static float o[T * SIZE];
    float *memory[2];
    int64_t offsets[4] = {0, 1, 3, 3}; /* the third line is empty */
    const int32_t indices[3] = {8, 8, 100};
    const sa_block_list list = {sizeof list, 64, 64, 1, 1, offsets, indices};
    for (int i = 0; i < 2; i++) {
        memory[i] = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq(memory[i], MAP_FAILED);
        for (int64_t at = 0; at < S; at += STEP) {
            if (at == 8 * 64 || at == 100 * 64) continue;
            cr_assert_eq(mprotect(memory[i] + at * SIZE, STEP * SIZE * sizeof(float), PROT_NONE), 0);
        }
    }
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        sa_attention_args a = {.struct_size = sizeof a, .blocks = &list};
        sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, 1, T, SIZE);
        sa_tensor_set(&a.key, memory[0], SA_F32, SA_BHSD, 1, 1, S, SIZE);
        sa_tensor_set(&a.value, memory[1], SA_F32, SA_BHSD, 1, 1, S, SIZE);
        sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, 1, T, SIZE);
        o[T * SIZE - 1] = 1;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(o[T * SIZE - 1], 0, "%s: a query without a block", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
    munmap(memory[0], bytes), munmap(memory[1], bytes);
    free(q);
}

/* What a call computes, as score_mod sees it. */
struct visits {
    const sa_block_list *list;
    atomic_llong scores, listed; /* in all, and those that the list names */
    atomic_int strangers;        /* tiles that begin or end with keys that none of their queries lists */
};

static int lists(const sa_block_list *l, int64_t t, int64_t j) {
    const int64_t *line = &l->offsets[t / l->query_block];
    for (int64_t i = line[0]; i < line[1]; i++)
        if (l->indices[i] == j / l->key_block) return 1;
    return 0;
}

static int any_query_lists(const sa_block_list *l, const sa_score_tile *t, int64_t j) {
    for (int64_t i = 0; i < t->queries; i++)
        if (lists(l, t->query + i, j)) return 1;
    return 0;
}

static void count_visit(void *user, const sa_score_tile *t) {
    struct visits *v = user;
    long long listed = 0;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t j = 0; j < t->keys; j++) listed += lists(v->list, t->query + i, t->key + j);
    v->scores += t->queries * t->keys;
    v->listed += listed;
    v->strangers += !any_query_lists(v->list, t, t->key) || !any_query_lists(v->list, t, t->key + t->keys - 1);
}

/* Three blocks of 64 keys for each 64 queries, at least 512 keys from each other: in no tile are there two. */
static sa_block_list scattered_list(int64_t lines, int64_t *offsets, int32_t *indices) {
    struct rng rng = {8};
    for (int64_t i = 0; i <= lines; i++) offsets[i] = 3 * i;
    for (int64_t i = 0; i < lines; i++)
        for (int n = 0; n < 3; n++) indices[3 * i + n] = (int32_t)(n * (lines / 3) + rng_below(&rng, lines / 3 - 8));
    return (sa_block_list){sizeof(sa_block_list), 64, 64, 1, 1, offsets, indices};
}

/* Each listed score is computed once. Sub-tiles that reach over two lines compute a few more. */
static void check_visits(const struct way *way, int64_t T, int64_t S, float *q, float *k, float *o) {
    enum { LINES = 48 };
    int64_t offsets[LINES + 1];
    int32_t indices[3 * LINES];
    const sa_block_list list = scattered_list(S / 64, offsets, indices);
    struct visits visits = {.list = &list};
    const sa_score_callbacks calls = {.struct_size = sizeof calls, .user = &visits, .score_mod = count_visit};
    sa_ctx *ctx = way_open(way, 2);
    if (!ctx) return;
    sa_attention_args a = args_of(T, S, q, k, k, o);
    a.blocks = &list, a.callbacks = &calls;
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    const long long listed = (long long)HEADS * T * 3 * 64;
    cr_expect_eq(visits.listed, listed, "%s: %lld of %lld listed scores", way->name, (long long)visits.listed, listed);
    cr_expect_eq(visits.strangers, 0, "%s: %d tiles with unlisted ends", way->name, (int)visits.strangers);
    cr_expect(visits.scores * 2 <= listed * 3, "%s: %lld scores for %lld listed", way->name, (long long)visits.scores,
              listed);
    sa_ctx_destroy(&ctx);
}

Test(blocks, that_are_listed_are_all_that_is_visited) {
    enum { T = 1536, S = 3072 };
    struct rng rng = {6};
    float *q = noise(&rng, HEADS * T * SIZE), *k = noise(&rng, KV * S * SIZE),
          *o = malloc(sizeof(float[HEADS * T * SIZE]));
    for (int w = 0; w < all_ways_count; w++) check_visits(&ways[w], T, S, q, k, o);
    free(q), free(k), free(o);
}

/* Scratch memory of three listed blocks per line. */
static uint64_t scratch_of(sa_ctx *ctx, int64_t n) {
    int64_t *offsets = malloc((size_t)(n / 64 + 1) * sizeof *offsets);
    int32_t *indices = malloc((size_t)(n / 64 * 3) * sizeof *indices);
    const sa_block_list list = scattered_list(n / 64, offsets, indices);
    sa_attention_args a = args_of(n, n, NULL, NULL, NULL, NULL);
    uint64_t bytes = 0;
    a.blocks = &list;
    cr_assert_eq(sa_attention_workspace_size(ctx, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
    free(offsets), free(indices);
    return bytes;
}

/* The plain path keeps the scores of one query per thread. */
Test(blocks, need_scratch_that_does_not_grow_with_queries_times_keys) {
    enum { THREADS = 2, FEW = 4096, MANY = 262144 };
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], THREADS);
        if (!ctx) continue;
        const uint64_t few = scratch_of(ctx, FEW), many = scratch_of(ctx, MANY);
        const uint64_t line = ways[w].path == SA_PATH_PLAIN ? THREADS * (MANY - FEW) * sizeof(float) : 0;
        cr_expect_leq(many, few + line, "%s: %llu bytes, then %llu", ways[w].name, (unsigned long long)few,
                      (unsigned long long)many);
        sa_ctx_destroy(&ctx);
    }
}
