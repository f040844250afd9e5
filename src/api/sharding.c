/* SPDX-License-Identifier: MIT */
#include "api/sharding.h"
#include "api/context.h"

enum { DEFAULT_CHUNK = 512, MOST_CHUNK = 1 << 20 };

sa_status take_sharding(struct report *report, const char *name, const sa_sharding *from, int64_t ranks,
                        struct shards *shards) {
    sa_sharding s;
    if (!from) return fail_null(report, name);
    sa_status status = take_struct(report, "sa_sharding", from, &s, sizeof s, sizeof s);
    if (status != SA_OK) return status;
    if (s.tokens < 0 || s.tokens > (int64_t)1 << 60)
        return fail(report, SA_ERR_VALUE, "%s.tokens is %lld, must be 0 to 2^60", name, (long long)s.tokens);
    if (s.chunk < 0 || s.chunk > MOST_CHUNK)
        return fail(report, SA_ERR_VALUE, "%s.chunk is %lld, must be 0 to 2^20", name, (long long)s.chunk);
    if (s.kind < SA_SHARDS_CONTIGUOUS || s.kind > SA_SHARDS_STRIPED || s.reserved)
        return fail(report, SA_ERR_VALUE, "%s.kind is %d and reserved %d: no SA_SHARDS_ constant, or not 0", name,
                    (int)s.kind, (int)s.reserved);
    *shards = (struct shards){s.tokens, s.chunk ? s.chunk : DEFAULT_CHUNK, ranks, s.kind};
    return SA_OK;
}

static sa_status take_shard(const sa_sharding *from, int64_t ranks, int64_t rank, const void *out, const char *out_name,
                            struct shards *shards) {
    struct report *report = thread_report();
    sa_status status = take_sharding(report, "sharding", from, ranks, shards);
    if (status == SA_OK && !out) status = fail_null(report, out_name);
    if (status == SA_OK && (ranks < 1 || ranks > MOST_RANKS || rank < 0 || rank >= ranks))
        status = fail(report, SA_ERR_VALUE, "rank %lld of %lld: ranks must be 1 to 2^20, rank 0 to ranks - 1",
                      (long long)rank, (long long)ranks);
    return status;
}

sa_status sa_shard_size(const sa_sharding *sharding, int64_t ranks, int64_t rank, int64_t *tokens) {
    struct shards s;
    sa_status status = take_shard(sharding, ranks, rank, tokens, "tokens", &s);
    if (status == SA_OK) *tokens = shards_tokens_of(&s, rank);
    return status;
}

sa_status sa_shard_positions(const sa_sharding *sharding, int64_t ranks, int64_t rank, int64_t *positions) {
    struct shards s;
    sa_status status = take_shard(sharding, ranks, rank, positions, "positions", &s);
    for (int64_t i = 0; status == SA_OK && i < shards_chunks_of(&s, rank); i++) {
        const int64_t chunk = shards_chunk(&s, rank, i), begin = chunk * s.chunk;
        for (int64_t t = 0; t < shards_tokens_in(&s, chunk); t++) positions[i * s.chunk + t] = begin + t;
    }
    return status;
}
