/* Which chunks of a sequence a rank holds: see sa_sharding. Chunk c has the tokens c * chunk .. c * chunk + chunk - 1,
 * as far as there are so many. A rank's chunks are numbered in the order of the sequence, and only the last of them may
 * be the short one: chunk i of a rank begins at its token i * chunk.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_SHARDS_H
#define SA_PLAN_SHARDS_H

#include <stdint.h>

struct shards {
    int64_t tokens, chunk, ranks;
    int32_t kind; /* SA_SHARDS_... */
};

/* Chunks of the whole sequence, and of a rank. */
int64_t shards_chunks(const struct shards *s);
int64_t shards_chunks_of(const struct shards *s, int64_t rank);

/* Chunk i of a rank: its number in the sequence; and how many tokens a chunk of the sequence has. */
int64_t shards_chunk(const struct shards *s, int64_t rank, int64_t i);
int64_t shards_tokens_in(const struct shards *s, int64_t chunk);

/* Tokens of a rank that stand before place `end` of the sequence. */
int64_t shards_tokens_before(const struct shards *s, int64_t rank, int64_t end);
static inline int64_t shards_tokens_of(const struct shards *s, int64_t rank) {
    return shards_tokens_before(s, rank, s->tokens);
}

#endif
