/* Patterns of blocks, and lists that are refused.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"
#include "valid.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 };

/* The lists as text: "0 1|1 2|..." */
static const char *blocks_text(const sa_pattern *p) {
    static char text[400];
    int64_t offsets[ROOM + 1], count;
    int32_t indices[ROOM];
    int at = 0;
    sa_pattern whole = *p;
    whole.struct_size = sizeof whole;
    cr_assert_eq(sa_pattern_blocks(&whole, offsets, indices, ROOM, &count), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_assert(count <= ROOM);
    text[0] = 0;
    for (int64_t i = 0; i * p->query_block < p->queries; i++) {
        if (i) at += snprintf(text + at, sizeof text - (size_t)at, "|");
        for (int64_t n = offsets[i]; n < offsets[i + 1]; n++)
            at += snprintf(text + at, sizeof text - (size_t)at, n > offsets[i] ? " %d" : "%d", (int)indices[n]);
    }
    return text;
}

Test(pattern, lists_what_its_parts_say) {
    static const int64_t documents[] = {0, 32, 40, 96};
    sa_pattern p = {.queries = 96, .keys = 96, .query_block = 16, .key_block = 16};
    cr_expect_str_eq(blocks_text(&p), "0 1 2 3 4 5|0 1 2 3 4 5|0 1 2 3 4 5|0 1 2 3 4 5|0 1 2 3 4 5|0 1 2 3 4 5");
    p.causal = 1;
    cr_expect_str_eq(blocks_text(&p), "0|0 1|0 1 2|0 1 2 3|0 1 2 3 4|0 1 2 3 4 5");
    p.window = 1, p.window_left = 15;
    cr_expect_str_eq(blocks_text(&p), "0|0 1|1 2|2 3|3 4|4 5");
    p.window_left = 16;
    cr_expect_str_eq(blocks_text(&p), "0|0 1|1 2|2 3|3 4|4 5");
    p.window_left = 17;
    cr_expect_str_eq(blocks_text(&p), "0|0 1|0 1 2|1 2 3|2 3 4|3 4 5");
    p.window_left = 0, p.global_tokens = 17;
    cr_expect_str_eq(blocks_text(&p), "0|0 1|0 1 2|0 1 3|0 1 4|0 1 5");
    p.causal = 0;
    cr_expect_str_eq(blocks_text(&p), "0 1 2 3 4 5|0 1 2 3 4 5|0 1 2|0 1 3|0 1 4|0 1 5");
    p.global_tokens = 0, p.window = 0, p.stride = 2;
    cr_expect_str_eq(blocks_text(&p), "0 2 4|1 3 5|0 2 4|1 3 5|0 2 4|1 3 5");
    p.stride_reach = 1;
    cr_expect_str_eq(blocks_text(&p), "0 2|1 3|0 2 4|1 3 5|2 4|3 5");
    p.stride = p.stride_reach = 0, p.document_starts = documents, p.documents = 3;
    cr_expect_str_eq(blocks_text(&p), "0 1|0 1|2 3 4 5|2 3 4 5|2 3 4 5|2 3 4 5");
    p.queries = 40, p.offset = 56;
    cr_expect_str_eq(blocks_text(&p), "2 3 4 5|2 3 4 5|2 3 4 5");
    p.queries = 32, p.offset = 90;
    cr_expect_str_eq(blocks_text(&p), "2 3 4 5|", "no document behind the last one");
}

Test(pattern, draws_different_blocks_and_the_same_for_the_same_seed) {
    sa_pattern p = {.queries = 160, .keys = 160, .query_block = 16, .key_block = 16, .random_blocks = 3, .seed = 1};
    char first[400];
    strcpy(first, blocks_text(&p));
    cr_expect_str_eq(blocks_text(&p), first);
    int64_t spaces = 0;
    for (const char *c = first; *c; c++) spaces += *c == ' ';
    cr_expect_eq(spaces, 20, "three blocks for each of ten lines: %s", first);
    p.seed = 2;
    cr_expect_str_neq(blocks_text(&p), first);
    p.causal = 1, p.queries = 32;
    cr_expect_str_eq(blocks_text(&p), "0|0 1", "fewer where fewer are allowed");
}

Test(pattern, refuses_what_is_out_of_range) {
    const sa_pattern good = {.struct_size = sizeof good, .queries = 96, .keys = 96, .query_block = 16, .key_block = 16};
    static const int64_t descending[] = {0, 40, 20};
    int64_t offsets[ROOM], count;
    int32_t indices[ROOM];
    sa_pattern bad[8];
    for (int i = 0; i < 8; i++) bad[i] = good;
    bad[0].query_block = 129, bad[1].key_block = 24, bad[2].window_left = 3, bad[3].random_blocks = 65;
    bad[4].document_starts = descending, bad[4].documents = 2, bad[5].documents = 1, bad[6].causal = 2;
    bad[7].stride_reach = 1;
    for (int i = 0; i < 8; i++)
        cr_expect_eq(sa_pattern_blocks(&bad[i], offsets, indices, ROOM, &count), SA_ERR_VALUE, "pattern %d", i);
    cr_expect_eq(sa_pattern_blocks(&good, offsets, NULL, ROOM, &count), SA_ERR_NULL);
    cr_expect_eq(sa_pattern_blocks(&good, offsets, indices, -1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_pattern_blocks(NULL, offsets, indices, ROOM, &count), SA_ERR_NULL);
}

/* Keys of block j point along dimension j; queries along several, with different lengths. */
Test(pattern, top_blocks_are_those_with_the_largest_products) {
    enum { QUERIES = 32, KEYS = 60, SIZE = 4 };
    float q[2 * QUERIES * SIZE] = {0}, k[KEYS * SIZE] = {0};
    static const float taste[2][SIZE] = {{1, 3, 2, 0}, {5, 0, 0, 4}}; /* of queries 0 .. 15 and 16 .. 31 */
    int64_t offsets[2 * 3];
    int32_t indices[2 * 2 * 2];
    sa_ctx *ctx = NULL;
    sa_tensor query, key;
    for (int64_t i = 0; i < 2 * QUERIES; i++) memcpy(q + i * SIZE, taste[i % QUERIES / 16], sizeof taste[0]);
    for (int64_t j = 0; j < KEYS; j++) k[j * SIZE + j / 16] = 1;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    sa_tensor_set(&query, q, SA_F32, SA_BHSD, 1, 2, QUERIES, SIZE);
    sa_tensor_set(&key, k, SA_F32, SA_BHSD, 1, 1, KEYS, SIZE);
    cr_assert_eq(sa_top_blocks(ctx, &query, &key, 16, 16, 2, 0, 0, offsets, indices), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_expect(!memcmp(offsets, (int64_t[]){0, 2, 4, 4, 6, 8}, sizeof offsets));
    cr_expect(!memcmp(indices, (int32_t[]){1, 2, 0, 3, 1, 2, 0, 3}, sizeof indices));
    cr_assert_eq(sa_top_blocks(ctx, &query, &key, 16, 16, 2, 1, 16, offsets, indices), SA_OK);
    cr_expect(!memcmp(offsets, (int64_t[]){0, 2, 4, 4, 6, 8}, sizeof offsets));
    cr_expect(!memcmp(indices, (int32_t[]){0, 1, 0, 2, 0, 1, 0, 2}, sizeof indices), "the own block is listed");
    cr_expect_eq(sa_top_blocks(ctx, &query, &key, 16, 20, 2, 0, 0, offsets, indices), SA_ERR_VALUE);
    cr_expect_eq(sa_top_blocks(ctx, &query, &key, 16, 16, 0, 0, 0, offsets, indices), SA_ERR_VALUE);
    cr_expect_eq(sa_top_blocks(ctx, &query, &key, 16, 16, 1, 0, 3, offsets, indices), SA_ERR_VALUE);
    cr_expect_eq(sa_top_blocks(ctx, &query, NULL, 16, 16, 1, 0, 0, offsets, indices), SA_ERR_NULL);
    sa_ctx_destroy(&ctx);
}

enum { BATCH = 2, HEADS = 4, GROUPS = 2, QUERIES = 70, KEYS = 100, SIZE = 8, LINES = 5, BLOCKS = 7, MOST = 3 };

/* The sum over a group's heads of the mean of a line's queries, times the mean of a block's keys. */
static double score_of(const float *q, const float *k, int64_t b, int64_t group, int64_t line, int64_t block) {
    const int64_t rows = line == LINES - 1 ? QUERIES - 64 : 16, keys = block == BLOCKS - 1 ? KEYS - 96 : 16;
    double sum = 0;
    for (int64_t d = 0; d < SIZE; d++) {
        double query = 0, key = 0;
        for (int64_t i = 0; i < 2 * rows; i++)
            query += q[((b * HEADS + group * 2 + i / rows) * QUERIES + line * 16 + i % rows) * SIZE + d];
        for (int64_t j = 0; j < keys; j++) key += k[((b * GROUPS + group) * KEYS + block * 16 + j) * SIZE + d];
        sum += query / (double)rows * key / (double)keys;
    }
    return sum;
}

/* Whether a block is among the MOST best of those that a line may have. */
static int is_best(const float *q, const float *k, int64_t b, int64_t group, int64_t line, int64_t block) {
    const int64_t last = (line == LINES - 1 ? QUERIES - 1 : line * 16 + 15) + 30, own = last / 16;
    int64_t better = 0;
    if (block > own) return 0;
    if (block == own) return 1;
    for (int64_t i = 0; i <= own && i < BLOCKS; i++)
        better += i == own || score_of(q, k, b, group, line, i) > score_of(q, k, b, group, line, block);
    return better < MOST;
}

Test(pattern, any_number_of_threads_lists_the_blocks_of_the_formula) {
    static float q[BATCH * HEADS * QUERIES * SIZE], k[BATCH * GROUPS * KEYS * SIZE];
    int64_t offsets[BATCH * HEADS * (LINES + 1)];
    int32_t indices[BATCH * HEADS * LINES * MOST];
    struct rng rng = {11};
    sa_tensor query, key;
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) q[i] = rng_normal(&rng);
    for (size_t i = 0; i < sizeof k / sizeof *k; i++) k[i] = rng_normal(&rng);
    sa_tensor_set(&query, q, SA_F32, SA_BHSD, BATCH, HEADS, QUERIES, SIZE);
    sa_tensor_set(&key, k, SA_F32, SA_BHSD, BATCH, GROUPS, KEYS, SIZE);
    for (int32_t threads = 1; threads <= 3; threads++) {
        sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads});
        cr_assert_eq(sa_top_blocks(ctx, &query, &key, 16, 16, MOST, 1, 30, offsets, indices), SA_OK, "%s",
                     sa_ctx_last_error(ctx));
        for (int64_t i = 0; i < BATCH * HEADS * LINES; i++) {
            const int64_t line = i % LINES, h = i / LINES % HEADS, b = i / LINES / HEADS;
            const int64_t *o = offsets + (b * HEADS + h) * (LINES + 1) + line;
            int64_t at = o[0];
            for (int64_t block = 0; block < BLOCKS; block++) {
                if (!is_best(q, k, b, h / 2, line, block)) continue;
                cr_expect(at < o[1] && indices[at] == block, "sequence %lld, head %lld, line %lld lacks block %lld",
                          (long long)b, (long long)h, (long long)line, (long long)block);
                at++;
            }
            cr_expect_eq(at, o[1], "sequence %lld, head %lld, line %lld has more blocks", (long long)b, (long long)h,
                         (long long)line);
        }
        sa_ctx_destroy(&ctx);
    }
}

Test(pattern, lists_are_checked) {
    struct valid v;
    valid_make(&v);
    const int64_t heads = v.attention.query.size[1];
    int64_t offsets[] = {0, 1}, descending[] = {1, 0};
    const int32_t one[] = {0}, high[] = {1000}, twice[] = {0, 0};
    int64_t two[] = {0, 2};
    const sa_block_list good = {sizeof good, 128, 128, 1, 1, offsets, one};
    const struct {
        sa_block_list list;
        sa_status status;
    } cases[] = {
        {good, SA_OK},
        {{sizeof good, 0, 128, 1, 1, offsets, one}, SA_ERR_VALUE},
        {{sizeof good, 128, 129, 1, 1, offsets, one}, SA_ERR_VALUE},
        {{sizeof good, 128, 128, 7, 1, offsets, one}, SA_ERR_SHAPE},
        {{sizeof good, 128, 128, 1, heads + 1, offsets, one}, SA_ERR_SHAPE},
        {{sizeof good, 128, 128, 1, 1, NULL, one}, SA_ERR_NULL},
        {{sizeof good, 128, 128, 1, 1, offsets, NULL}, SA_ERR_NULL},
        {{sizeof good, 128, 128, 1, 1, descending, one}, SA_ERR_VALUE},
        {{sizeof good, 128, 128, 1, 1, offsets, high}, SA_ERR_VALUE},
        {{sizeof good, 128, 128, 1, 1, two, twice}, SA_ERR_VALUE},
        {{8, 128, 128, 1, 1, offsets, one}, SA_ERR_STRUCT_SIZE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_attention_args a = v.attention;
        a.blocks = &cases[i].list;
        cr_expect_eq(sa_attention(v.ctx, &a), cases[i].status, "case %zu: %s", i, sa_ctx_last_error(v.ctx));
    }
    valid_free(&v);
}
