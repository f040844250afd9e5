/* Sparse attention: each query sees a window, the first tokens and two random blocks of keys (BigBird's pattern).
 * Prints which blocks of keys the blocks of queries see, and what the result differs by from that of a boolean mask.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

enum { N = 320, D = 16, BLOCK = 32, LINES = N / BLOCK };

static float q[N * D], k[N * D], v[N * D], sparse[N * D], masked[N * D];

static int attend(sa_ctx *ctx, const sa_block_list *blocks, const sa_masking *masking, float *output) {
    sa_attention_args args = {.struct_size = sizeof args, .blocks = blocks, .masking = masking};
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.value, v, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, 1, 1, N, D);
    if (sa_attention(ctx, &args) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

int main(void) {
    static unsigned char allowed[N * N];
    int64_t offsets[LINES + 1], count;
    int32_t indices[LINES * LINES];
    const sa_pattern pattern = {.struct_size = sizeof pattern,
                                .queries = N,
                                .keys = N,
                                .query_block = BLOCK,
                                .key_block = BLOCK,
                                .window = 1,
                                .window_left = 32,
                                .window_right = 32,
                                .global_tokens = 32,
                                .random_blocks = 2,
                                .seed = 7};
    if (sa_pattern_blocks(&pattern, offsets, indices, LINES * LINES, &count) != SA_OK) return 1;
    const sa_block_list blocks = {sizeof blocks, BLOCK, BLOCK, 1, 1, offsets, indices};

    for (int i = 0; i < N * D; i++) q[i] = sinf((float)i), k[i] = cosf((float)i * 3), v[i] = sinf((float)i * 7);
    for (int line = 0; line < LINES; line++) {
        char row[LINES + 1] = "..........";
        for (int64_t i = offsets[line]; i < offsets[line + 1]; i++) {
            row[indices[i]] = '#';
            for (int t = line * BLOCK; t < (line + 1) * BLOCK; t++)
                for (int j = indices[i] * BLOCK; j < (indices[i] + 1) * BLOCK; j++) allowed[t * N + j] = 1;
        }
        printf("%s\n", row);
    }
    sa_masking mask = {.struct_size = sizeof mask};
    sa_tensor_set(&mask.mask, allowed, SA_BOOL, SA_BHSD, 1, 1, N, N);

    sa_ctx *ctx = NULL;
    float worst = 0;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (!attend(ctx, &blocks, NULL, sparse) || !attend(ctx, NULL, &mask, masked)) return 1;
    for (int i = 0; i < N * D; i++) worst = fmaxf(worst, fabsf(sparse[i] - masked[i]));
    printf("%d of %d blocks, %s\n", (int)count, LINES * LINES, worst < 1e-5f ? "as with a mask" : "not as with a mask");
    sa_ctx_destroy(&ctx);
    return 0;
}
