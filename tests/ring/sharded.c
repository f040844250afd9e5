/* Sharded attention, which decodes: keys in tensors or caches of several ranks. (The sweep over random problems is in
 * ring.c.)
 * SPDX-License-Identifier: MIT */
#include "problem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, K = 2, D = 16, DV = 24, PROMPT = 700, STEPS = 20, S = PROMPT + STEPS, CHUNK = 128 };

struct decoding {
    float q[B * H * S * D], k[B * K * S * D], v[B * K * S * DV];
    int32_t dtype;                 /* of caches */
    float o[STEPS][2][B * H * DV]; /* by one rank, by several */
    int several;
    int64_t sent, messages; /* by rank 0 */
};

/* Row t of each head: a tensor of one token. */
static sa_tensor token(float *data, int64_t heads, int64_t width, int64_t t) {
    sa_tensor x;
    sa_tensor_set(&x, data + t * width, SA_F32, SA_BHSD, B, heads, S, width);
    x.size[2] = 1;
    return x;
}

static sa_sharding sharding(int64_t tokens) {
    return (sa_sharding){
        .struct_size = sizeof(sa_sharding), .tokens = tokens, .chunk = CHUNK, .kind = SA_SHARDS_STRIPED};
}

/* Appends the rank's tokens of first .. last - 1. */
static void append(sa_ctx *ctx, sa_cache *cache, struct decoding *d, const sa_exchange *x, int64_t first,
                   int64_t last) {
    for (int64_t t = first; t < last; t++) {
        const sa_tensor key = token(d->k, K, D, t), value = token(d->v, K, DV, t);
        if (t / CHUNK % x->ranks != x->rank) continue;
        cr_assert_eq(sa_cache_append(ctx, cache, 0, &key, &value, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
}

static void decode(void *arg, const sa_exchange *x) {
    struct decoding *d = arg;
    sa_ctx *ctx = ctx_open(NULL);
    sa_cache *cache = NULL;
    const sa_cache_config config = {.struct_size = sizeof config,
                                    .batch = B,
                                    .kv_heads = K,
                                    .head_size = D,
                                    .value_head_size = DV,
                                    .dtype = d->dtype};
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
    append(ctx, cache, d, x, 0, PROMPT);
    for (int64_t step = 0; step < STEPS; step++) {
        const sa_sharding shards = sharding(PROMPT + step + 1);
        const sa_masking masking = {.struct_size = sizeof masking, .causal = 1};
        float o[B * H * DV];
        append(ctx, cache, d, x, PROMPT + step, PROMPT + step + 1);
        sa_ring_args a = {.struct_size = sizeof a,
                          .exchange = x,
                          .key_shards = &shards,
                          .masking = &masking,
                          .query = token(d->q, H, D, PROMPT + step),
                          .cache = cache};
        sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, B, H, 1, DV);
        cr_assert_eq(sa_sharded_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        if (x->rank == x->ranks - 1) memcpy(d->o[step][d->several], o, sizeof o);
    }
    sa_cache_destroy(&cache);
    sa_ctx_destroy(&ctx);
}

static void run(struct decoding *d, int64_t ranks) {
    struct group group;
    group_open(&group, ranks);
    group_run(&group, decode, d);
    d->sent = group.members[0].bytes, d->messages = group.members[0].messages;
    for (int64_t i = 0; i < ranks; i++) cr_expect_eq(group.members[i].faults, 0);
    group_close(&group);
}

static struct decoding *decoding_make(int32_t dtype) {
    struct decoding *d = calloc(1, sizeof *d);
    struct rng rng = {7};
    d->dtype = dtype;
    for (int i = 0; i < B * H * S * D; i++) d->q[i] = rng_normal(&rng);
    for (int i = 0; i < B * K * S * D; i++) d->k[i] = rng_normal(&rng);
    for (int i = 0; i < B * K * S * DV; i++) d->v[i] = rng_normal(&rng);
    return d;
}

/* Twice the sums' two parts of Dv + head numbers; log2 of the ranks that are a power of two, and what the others add.
 */
static void expect_traffic(const struct decoding *d, int64_t ranks) {
    const int64_t state = B * H * (2 * DV + 5) * 8;
    int64_t times = 0;
    for (int64_t most = 1; most <= ranks / 2; most *= 2) times++;
    if (ranks != (int64_t)1 << times) times++; /* rank 0 sends the result to the first rank beyond */
    cr_expect_eq(d->messages, STEPS * times, "%lld ranks", (long long)ranks);
    cr_expect_eq(d->sent, STEPS * times * state, "%lld ranks", (long long)ranks);
}

/* Steps by caches of several ranks have the bits of steps by one cache, and agree with sa_attention(). */
Test(sharded, decoding_with_caches) {
    static const int32_t types[] = {SA_F32, SA_BF16, SA_I8};
    for (int i = 0; i < 3; i++) {
        struct decoding *d = decoding_make(types[i]);
        run(d, 1);
        d->several = 1;
        for (int64_t ranks = 2; ranks <= 8; ranks++) {
            run(d, ranks);
            expect_traffic(d, ranks);
            for (int step = 0; step < STEPS; step++)
                cr_expect(!memcmp(d->o[step][0], d->o[step][1], sizeof d->o[step][0]),
                          "%lld ranks, step %d: other bits", (long long)ranks, step);
        }
        free(d);
    }
}

Test(sharded, decoding_agrees_with_one_call) {
    struct decoding *d = decoding_make(SA_F32);
    sa_ctx *ctx = ctx_open(NULL);
    d->several = 1;
    run(d, 3);
    for (int64_t step = 0; step < STEPS; step++) {
        float o[B * H * DV];
        sa_attention_args a = {.struct_size = sizeof a, .query = token(d->q, H, D, PROMPT + step)};
        a.key = token(d->k, K, D, 0), a.value = token(d->v, K, DV, 0);
        a.key.size[2] = a.value.size[2] = PROMPT + step + 1;
        sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, B, H, 1, DV);
        cr_assert_eq(sa_attention(ctx, &a), SA_OK);
        double error = 0, norm = 0;
        for (int i = 0; i < B * H * DV; i++) {
            const double e = (double)o[i] - (double)d->o[step][1][i];
            error += e * e, norm += (double)o[i] * (double)o[i];
        }
        cr_expect_leq(error, 1e-12 * norm, "step %lld", (long long)step);
    }
    sa_ctx_destroy(&ctx);
    free(d);
}

/* Several queries at once, of sequences of different lengths, causal: the last query stands at the last key. */
enum { QUERIES = 5 };
static const int64_t ragged[B] = {PROMPT, 250};

struct prefill {
    struct decoding *d;
    float o[B * H * QUERIES * DV];
};

static sa_tensor last_queries(struct decoding *d) {
    sa_tensor q = token(d->q, H, D, 0);
    q.size[2] = QUERIES;
    return q;
}

static void attend_ragged(void *arg, const sa_exchange *x) {
    struct prefill *p = arg;
    sa_ctx *ctx = ctx_open(NULL);
    sa_cache *cache = NULL;
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = B, .kv_heads = K, .head_size = D, .value_head_size = DV};
    const sa_sharding shards = sharding(PROMPT);
    const sa_masking masking = {.struct_size = sizeof masking, .causal = 1, .key_lengths = ragged};
    float o[B * H * QUERIES * DV];
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
    for (int64_t t = 0; t < PROMPT; t++) {
        const sa_tensor key = token(p->d->k, K, D, t), value = token(p->d->v, K, DV, t);
        const int64_t lengths[B] = {t < ragged[0], t < ragged[1]};
        if (t / CHUNK % x->ranks != x->rank) continue;
        cr_assert_eq(sa_cache_append(ctx, cache, 0, &key, &value, lengths), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    sa_ring_args a = {.struct_size = sizeof a,
                      .exchange = x,
                      .key_shards = &shards,
                      .masking = &masking,
                      .query = last_queries(p->d),
                      .cache = cache};
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, B, H, QUERIES, DV);
    cr_assert_eq(sa_sharded_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    if (x->rank == x->ranks - 1) memcpy(p->o, o, sizeof o);
    sa_cache_destroy(&cache);
    sa_ctx_destroy(&ctx);
}

Test(sharded, several_queries_of_ragged_sequences) {
    static struct prefill p, more;
    struct decoding *d = decoding_make(SA_F32);
    sa_ctx *ctx = ctx_open(NULL);
    float o[B * H * QUERIES * DV];
    const sa_masking masking = {.struct_size = sizeof masking, .causal = 1, .key_lengths = ragged};
    sa_attention_args one = {.struct_size = sizeof one, .query = last_queries(d), .masking = &masking};
    one.key = token(d->k, K, D, 0), one.value = token(d->v, K, DV, 0);
    one.key.size[2] = one.value.size[2] = PROMPT;
    sa_tensor_set(&one.output, o, SA_F32, SA_BHSD, B, H, QUERIES, DV);
    cr_assert_eq(sa_attention(ctx, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t ranks = 1; ranks <= 7; ranks += 2) {
        struct group group;
        more.d = d;
        group_open(&group, ranks);
        group_run(&group, attend_ragged, &more);
        group_close(&group);
        if (ranks == 1) p = more;
        cr_expect(!memcmp(p.o, more.o, sizeof p.o), "%lld ranks: other bits", (long long)ranks);
    }
    double error = 0, norm = 0;
    for (int i = 0; i < B * H * QUERIES * DV; i++) {
        const double e = (double)o[i] - (double)p.o[i];
        error += e * e, norm += (double)o[i] * (double)o[i];
    }
    cr_expect_leq(error, 1e-12 * norm);
    sa_ctx_destroy(&ctx);
    free(d);
}

static void expect_refused(sa_ctx *ctx, const sa_ring_args *a, sa_status status, const char *words) {
    cr_expect_eq(sa_sharded_attention(ctx, a), status, "%s", words);
    cr_expect_not_null(strstr(sa_ctx_last_error(ctx), words), "%s, not %s", sa_ctx_last_error(ctx), words);
}

Test(sharded, refused_caches) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_cache *cache = NULL, *windowed = NULL;
    float q[D] = {0}, o[D];
    sa_cache_config config = {.struct_size = sizeof config, .batch = 1, .kv_heads = 1, .head_size = D};
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
    config.window = 9;
    cr_assert_eq(sa_cache_create(ctx, &config, &windowed), SA_OK);
    sa_sharding shards = sharding(1);
    sa_ring_args a = {.struct_size = sizeof a, .key_shards = &shards, .cache = cache};
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, 1, 1, D);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, 1, 1, D);
    expect_refused(ctx, &a, SA_ERR_SHAPE,
                   "the cache has 0 tokens of sequence 0, but of its 1 tokens rank 0 of 1 has 1");
    a.cache = windowed;
    expect_refused(ctx, &a, SA_ERR_UNSUPPORTED, "the cache has a window of 9 tokens");
    a.cache = cache, shards.chunk = 100;
    expect_refused(ctx, &a, SA_ERR_VALUE, "key_shards.chunk is 100, with a cache it must be a multiple of 128");
    shards = sharding(0);
    cr_expect_eq(sa_sharded_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    a.query_shards = &shards;
    expect_refused(ctx, &a, SA_ERR_VALUE, "query_shards is given");
    a.query_shards = NULL;
    cr_expect_eq(sa_ring_attention(ctx, &a), SA_ERR_UNSUPPORTED);
    sa_cache_destroy(&cache), sa_cache_destroy(&windowed);
    sa_ctx_destroy(&ctx);
}
