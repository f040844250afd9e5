/* How tokens are dealt out to ranks.
 * SPDX-License-Identifier: MIT */
#include "selfattn.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Each token belongs to one rank; ranks have it in the order of the sequence; they differ by the chunks they may. */
static void expect_dealt(int64_t tokens, int64_t chunk, int64_t ranks, int32_t kind) {
    const sa_sharding s = {.struct_size = sizeof s, .tokens = tokens, .chunk = chunk, .kind = kind};
    int *times = calloc((size_t)tokens + 1, sizeof *times);
    int64_t least = INT64_MAX, most = 0;
    for (int64_t rank = 0; rank < ranks; rank++) {
        int64_t size = -1;
        cr_assert_eq(sa_shard_size(&s, ranks, rank, &size), SA_OK);
        int64_t *positions = malloc((size_t)(size + 1) * sizeof *positions);
        cr_assert_eq(sa_shard_positions(&s, ranks, rank, positions), SA_OK);
        for (int64_t i = 0; i < size; i++) {
            cr_assert(positions[i] >= 0 && positions[i] < tokens && (!i || positions[i] > positions[i - 1]));
            times[positions[i]]++;
        }
        free(positions);
        if (size < least) least = size;
        if (size > most) most = size;
    }
    for (int64_t i = 0; i < tokens; i++) cr_assert_eq(times[i], 1, "token %lld", (long long)i);
    cr_expect_leq(most - least, (kind == SA_SHARDS_ZIGZAG ? 2 : 1) * chunk + chunk - 1);
    free(times);
}

Test(shards, every_token_once) {
    static const int64_t tokens[] = {0, 1, 7, 64, 100, 1000}, chunks[] = {1, 3, 16, 2000}, ranks[] = {1, 2, 3, 8, 13};
    for (int t = 0; t < 6; t++)
        for (int c = 0; c < 4; c++)
            for (int r = 0; r < 5; r++)
                for (int32_t kind = 0; kind < 3; kind++) expect_dealt(tokens[t], chunks[c], ranks[r], kind);
}

static void expect_places(int32_t kind, int64_t rank, const int64_t *chunks) {
    const sa_sharding s = {.struct_size = sizeof s, .tokens = 32, .chunk = 4, .kind = kind};
    int64_t positions[16], size;
    cr_assert_eq(sa_shard_size(&s, 4, rank, &size), SA_OK);
    cr_assert_eq(size, 8);
    cr_assert_eq(sa_shard_positions(&s, 4, rank, positions), SA_OK);
    for (int64_t i = 0; i < size; i++) cr_expect_eq(positions[i], 4 * chunks[i / 4] + i % 4);
}

/* As PyTorch's and Megatron's context parallelism deal: rank 1 of 4 has the second and the last but one eighth. */
Test(shards, kinds) {
    expect_places(SA_SHARDS_CONTIGUOUS, 1, (const int64_t[]){2, 3});
    expect_places(SA_SHARDS_ZIGZAG, 1, (const int64_t[]){1, 6});
    expect_places(SA_SHARDS_STRIPED, 1, (const int64_t[]){1, 5});
}

static void expect_refused(sa_status status, const char *words, sa_sharding s, int64_t ranks, int64_t rank) {
    int64_t size;
    cr_expect_eq(sa_shard_size(&s, ranks, rank, &size), status, "%s", words);
    cr_expect_not_null(strstr(sa_ctx_last_error(NULL), words), "%s, not %s", sa_ctx_last_error(NULL), words);
}

Test(shards, refusals) {
    const sa_sharding good = {.struct_size = sizeof good, .tokens = 9};
    sa_sharding s = good;
    int64_t size;
    expect_refused(SA_ERR_VALUE, "rank 2 of 2", s, 2, 2);
    expect_refused(SA_ERR_VALUE, "rank -1 of 2", s, 2, -1);
    expect_refused(SA_ERR_VALUE, "rank 0 of 0", s, 0, 0);
    s.tokens = -1, expect_refused(SA_ERR_VALUE, "tokens is -1", s, 2, 0), s = good;
    s.chunk = -5, expect_refused(SA_ERR_VALUE, "chunk is -5", s, 2, 0), s = good;
    s.kind = 3, expect_refused(SA_ERR_VALUE, "kind is 3", s, 2, 0), s = good;
    s.struct_size = 8, expect_refused(SA_ERR_STRUCT_SIZE, "struct_size is 8", s, 2, 0);
    cr_expect_eq(sa_shard_size(NULL, 1, 0, &size), SA_ERR_NULL);
    cr_expect_eq(sa_shard_size(&good, 1, 0, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_shard_positions(&good, 1, 0, NULL), SA_ERR_NULL);
}
