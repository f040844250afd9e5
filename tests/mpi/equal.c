/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, K = 2, D = 32, DV = 24, S = 1000 /* the last chunk is short */, CHUNK = 64, STEPS = 5 };

struct whole {
    float *q, *k, *v; /* [B,heads,S,width] */
    float *o;         /* by one rank */
    sa_masking masking;
    int64_t lengths[B];
};

static sa_tensor tensor(void *data, int32_t heads, int64_t tokens, int64_t width) {
    sa_tensor t;
    sa_tensor_set(&t, data, SA_F32, SA_BHSD, B, heads, tokens, width);
    return t;
}

/* The rows at these places. */
static sa_tensor shard(const float *x, int32_t heads, int64_t width, const int64_t *positions, int64_t count) {
    float *rows = malloc((size_t)(B * heads * count * width + 1) * sizeof *rows);
    for (int64_t h = 0; h < B * heads; h++)
        for (int64_t i = 0; i < count; i++)
            memcpy(rows + (h * count + i) * width, x + (h * S + positions[i]) * width, (size_t)width * sizeof *rows);
    return tensor(rows, heads, count, width);
}

static void run_alone(sa_ctx *ctx, struct whole *w, const sa_sharding *shards) {
    sa_ring_args a = {.struct_size = sizeof a, .key_shards = shards, .masking = &w->masking};
    sa_attention_args one = {.struct_size = sizeof one, .masking = &w->masking};
    float *o = malloc((size_t)(B * H * S * DV) * sizeof *o);
    double error = 0, norm = 0;
    one.query = a.query = tensor(w->q, H, S, D), one.key = a.key = tensor(w->k, K, S, D);
    one.value = a.value = tensor(w->v, K, S, DV);
    a.output = tensor(w->o, H, S, DV), one.output = tensor(o, H, S, DV);
    EXPECT(sa_ring_attention(ctx, &a) == SA_OK, "%s", sa_ctx_last_error(ctx));
    EXPECT(sa_attention(ctx, &one) == SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < B * H * S * DV; i++) {
        const double e = (double)o[i] - (double)w->o[i];
        error += e * e, norm += (double)o[i] * (double)o[i];
    }
    EXPECT(sqrt(error) <= 1e-6 * sqrt(norm), "one call differs by %g of the norm", sqrt(error / norm));
    free(o);
}

/* A rank sends its own shard and all that pass it, but for the one that has come round. */
static void expect_model(const struct counter *c, const sa_sharding *shards) {
    const int64_t ranks = c->inner->ranks, own = c->inner->rank;
    int64_t bytes = 0, tokens;
    for (int64_t i = 0; i < ranks - 1; i++) {
        EXPECT(sa_shard_size(shards, ranks, (own - i + ranks) % ranks, &tokens) == SA_OK, "a shard");
        bytes += B * K * tokens * (D + DV) * (int64_t)sizeof(float);
    }
    EXPECT(c->messages == ranks - 1 && c->bytes == bytes, "%lld bytes in %lld messages, the model says %lld in %lld",
           (long long)c->bytes, (long long)c->messages, (long long)bytes, (long long)ranks - 1);
    EXPECT(c->gathers == (ranks > 1) && c->gathered == (ranks > 1) * 128, "%lld all-gathers of %lld bytes",
           (long long)c->gathers, (long long)c->gathered);
}

static void expect_ring(sa_ctx *ctx, const sa_mpi *mpi, const struct whole *w, const sa_sharding *shards) {
    struct counter counter = {.inner = sa_mpi_exchange(mpi), .die_at = -1};
    const sa_exchange exchange = counting_table(&counter);
    int64_t positions[S], count;
    EXPECT(sa_shard_size(shards, exchange.ranks, exchange.rank, &count) == SA_OK &&
               sa_shard_positions(shards, exchange.ranks, exchange.rank, positions) == SA_OK,
           "%s", sa_ctx_last_error(NULL));
    sa_ring_args a = {.struct_size = sizeof a, .exchange = &exchange, .key_shards = shards, .masking = &w->masking};
    a.query = shard(w->q, H, D, positions, count), a.key = shard(w->k, K, D, positions, count);
    a.value = shard(w->v, K, DV, positions, count);
    sa_tensor wanted = shard(w->o, H, DV, positions, count);
    a.output = tensor(malloc((size_t)(B * H * count * DV + 1) * sizeof(float)), H, count, DV);
    EXPECT(sa_ring_attention(ctx, &a) == SA_OK, "%s", sa_ctx_last_error(ctx));
    EXPECT(!memcmp(a.output.data, wanted.data, (size_t)(B * H * count * DV) * sizeof(float)),
           "kind %d, causal %d: other bits than one process", (int)shards->kind, (int)w->masking.causal);
    expect_model(&counter, shards);
    free(a.query.data), free(a.key.data), free(a.value.data), free(a.output.data), free(wanted.data);
}

static sa_tensor token(float *x, int32_t heads, int64_t width, int64_t t) {
    sa_tensor row = tensor(x + t * width, heads, S, width);
    row.size[2] = 1;
    return row;
}

/* Steps by caches of a shard each have the bits of steps by one cache, which every rank computes too. */
static void expect_decoding(sa_ctx *ctx, const sa_mpi *mpi, struct whole *w) {
    const sa_exchange *exchange = sa_mpi_exchange(mpi);
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = B, .kv_heads = K, .head_size = D, .value_head_size = DV};
    sa_cache *all = NULL, *own = NULL;
    EXPECT(sa_cache_create(ctx, &config, &all) == SA_OK && sa_cache_create(ctx, &config, &own) == SA_OK, "%s",
           sa_ctx_last_error(ctx));
    for (int64_t t = 0; t < S; t++) {
        const sa_tensor key = token(w->k, K, D, t), value = token(w->v, K, DV, t);
        const sa_sharding shards = {
            .struct_size = sizeof shards, .tokens = t + 1, .chunk = 128, .kind = SA_SHARDS_STRIPED};
        float o[2][B * H * DV];
        EXPECT(sa_cache_append(ctx, all, 0, &key, &value, NULL) == SA_OK, "%s", sa_ctx_last_error(ctx));
        if (t / 128 % exchange->ranks == exchange->rank)
            EXPECT(sa_cache_append(ctx, own, 0, &key, &value, NULL) == SA_OK, "%s", sa_ctx_last_error(ctx));
        if (t < S - STEPS) continue;
        sa_ring_args a = {.struct_size = sizeof a, .key_shards = &shards, .query = token(w->q, H, D, t), .cache = all};
        a.output = tensor(o[0], H, 1, DV);
        EXPECT(sa_sharded_attention(ctx, &a) == SA_OK, "%s", sa_ctx_last_error(ctx));
        a.output = tensor(o[1], H, 1, DV), a.cache = own, a.exchange = exchange;
        EXPECT(sa_sharded_attention(ctx, &a) == SA_OK, "%s", sa_ctx_last_error(ctx));
        EXPECT(!memcmp(o[0], o[1], sizeof o[0]), "step %lld: other bits than one cache", (long long)t);
    }
    sa_cache_destroy(&all);
    sa_cache_destroy(&own);
}

void run_equal(const sa_mpi *mpi) {
    struct whole w = {.q = random_floats(B * H * S * D, 1),
                      .k = random_floats(B * K * S * D, 2),
                      .v = random_floats(B * K * S * DV, 3),
                      .o = random_floats(B * H * S * DV, 4),
                      .lengths = {S, 333}};
    sa_ctx *ctx = open_context();
    for (int i = 0; i < 6; i++) {
        const sa_sharding shards = {.struct_size = sizeof shards, .tokens = S, .chunk = CHUNK, .kind = i % 3};
        w.masking = (sa_masking){.struct_size = sizeof w.masking, .causal = i < 3};
        if (i == 2) w.masking.key_lengths = w.lengths, w.masking.align = SA_ALIGN_TOP_LEFT;
        run_alone(ctx, &w, &shards);
        expect_ring(ctx, mpi, &w, &shards);
    }
    expect_decoding(ctx, mpi, &w);
    free(w.q), free(w.k), free(w.v), free(w.o);
    sa_ctx_destroy(&ctx);
}
