/* A long cache, and queries that look only at the two blocks of keys that look most like them. Here a "needle" is
 * hidden in one block: attention to 2 of 64 blocks finds it as full attention does.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

enum { KEYS = 4096, QUERIES = 16, D = 32, BLOCK = 64, MOST = 2, NEEDLE = 2600 };

static float q[QUERIES * D], k[KEYS * D], v[KEYS * D], full[QUERIES * D], sparse[QUERIES * D];

static int attend(sa_ctx *ctx, const sa_block_list *blocks, float *output) {
    sa_attention_args args = {.struct_size = sizeof args, .blocks = blocks};
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, 1, QUERIES, D);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, 1, 1, KEYS, D);
    sa_tensor_set(&args.value, v, SA_F32, SA_BHSD, 1, 1, KEYS, D);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, 1, 1, QUERIES, D);
    if (sa_attention(ctx, &args) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

int main(void) {
    int64_t offsets[2];
    int32_t indices[MOST];
    sa_tensor query, key;
    sa_ctx *ctx = NULL;
    for (int i = 0; i < KEYS * D; i++) k[i] = sinf((float)(i * 7 % 10007)) / 4;
    for (int d = 0; d < D; d++) k[NEEDLE * D + d] = d % 2 ? 4 : -4, v[NEEDLE * D + d] = 1;
    for (int i = 0; i < QUERIES * D; i++) q[i] = i % 2 ? 1 : -1;
    sa_tensor_set(&query, q, SA_F32, SA_BHSD, 1, 1, QUERIES, D);
    sa_tensor_set(&key, k, SA_F32, SA_BHSD, 1, 1, KEYS, D);

    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (sa_top_blocks(ctx, &query, &key, QUERIES, BLOCK, MOST, 0, 0, offsets, indices) != SA_OK)
        puts(sa_ctx_last_error(ctx));
    const sa_block_list blocks = {sizeof blocks, QUERIES, BLOCK, 1, 1, offsets, indices};
    if (!attend(ctx, NULL, full) || !attend(ctx, &blocks, sparse)) return 1;
    printf("the needle is in block %d; blocks %d and %d of %d are read\n", NEEDLE / BLOCK, indices[0], indices[1],
           KEYS / BLOCK);
    printf("full attention finds %.3f, two blocks %.3f\n", full[0], sparse[0]);
    sa_ctx_destroy(&ctx);
    return 0;
}
