/* SPDX-License-Identifier: MIT */
#include "plan/shards.h"

#include "base/arith.h"
#include "selfattn.h"

int64_t shards_chunks(const struct shards *s) {
    return ceil_div(s->tokens, s->chunk);
}

/* `chunks` in `stretches` that differ by at most one chunk, the longer ones first: where number i begins. */
static int64_t stretch_begin(int64_t chunks, int64_t stretches, int64_t i) {
    return chunks / stretches * i + min_i64(chunks % stretches, i);
}

static int64_t stretch_size(int64_t chunks, int64_t stretches, int64_t i) {
    return chunks / stretches + (i < chunks % stretches);
}

int64_t shards_chunks_of(const struct shards *s, int64_t rank) {
    const int64_t chunks = shards_chunks(s), twice = 2 * s->ranks;
    if (s->kind == SA_SHARDS_ZIGZAG)
        return stretch_size(chunks, twice, rank) + stretch_size(chunks, twice, twice - 1 - rank);
    return stretch_size(chunks, s->ranks, rank); /* as many as every ranks-th chunk from `rank` on */
}

int64_t shards_chunk(const struct shards *s, int64_t rank, int64_t i) {
    const int64_t chunks = shards_chunks(s), twice = 2 * s->ranks;
    if (s->kind == SA_SHARDS_STRIPED) return rank + i * s->ranks;
    if (s->kind == SA_SHARDS_CONTIGUOUS) return stretch_begin(chunks, s->ranks, rank) + i;
    const int64_t first = stretch_size(chunks, twice, rank);
    return i < first ? stretch_begin(chunks, twice, rank) + i
                     : stretch_begin(chunks, twice, twice - 1 - rank) + i - first;
}

int64_t shards_tokens_in(const struct shards *s, int64_t chunk) {
    return min_i64(s->chunk, s->tokens - chunk * s->chunk);
}

/* Chunks ascend, so those before `end` come first: their number is found by halving. */
int64_t shards_tokens_before(const struct shards *s, int64_t rank, int64_t end) {
    int64_t first = 0, last = shards_chunks_of(s, rank);
    while (first < last) {
        const int64_t middle = first + (last - first) / 2;
        if (shards_chunk(s, rank, middle) * s->chunk < end)
            first = middle + 1;
        else
            last = middle;
    }
    if (first == 0) return 0;
    const int64_t begin = shards_chunk(s, rank, first - 1) * s->chunk;
    return (first - 1) * s->chunk + min_i64(s->chunk, min_i64(end, s->tokens) - begin);
}
