/* Attention to keys in two places: a prompt that many requests share, kept once, and the tokens of one request. Each is
 * attended to alone, and sa_attention_merge() makes one result, as if all keys had stood in one tensor.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

enum { SHARED = 40, OWN = 8, KEYS = SHARED + OWN, QUERIES = 2, D = 8 };

static float q[QUERIES * D], k[KEYS * D], v[KEYS * D];

/* Attention to keys first .. first + count - 1, with its log-sum-exps. */
static int attend(sa_ctx *ctx, int first, int count, const sa_tensor *output, const sa_tensor *lse) {
    sa_attention_args args = {.struct_size = sizeof args, .output = *output, .lse = *lse};
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, 1, QUERIES, D);
    sa_tensor_set(&args.key, k + first * D, SA_F32, SA_BHSD, 1, 1, count, D);
    sa_tensor_set(&args.value, v + first * D, SA_F32, SA_BHSD, 1, 1, count, D);
    if (sa_attention(ctx, &args) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

int main(void) {
    static float results[4][QUERIES * D], sums[4][QUERIES]; /* shared, own, merged, all at once */
    sa_tensor outputs[4], lses[4];
    sa_ctx *ctx = NULL;
    float worst = 0;
    for (int i = 0; i < KEYS * D; i++) k[i] = sinf((float)i), v[i] = cosf((float)i * 3);
    for (int d = 0; d < D; d++) q[d] = k[3 * D + d] * 2, q[D + d] = k[(SHARED + 1) * D + d] * 6;
    for (int i = 0; i < 4; i++) {
        sa_tensor_set(&outputs[i], results[i], SA_F32, SA_BHSD, 1, 1, QUERIES, D);
        sa_tensor_set(&lses[i], sums[i], SA_F32, SA_BHSD, 1, 1, QUERIES, 1);
    }
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (!attend(ctx, 0, SHARED, &outputs[0], &lses[0]) || !attend(ctx, SHARED, OWN, &outputs[1], &lses[1])) return 1;
    const sa_attention_merge_args merge = {.struct_size = sizeof merge,
                                           .count = 2,
                                           .outputs = outputs,
                                           .lses = lses,
                                           .output = outputs[2],
                                           .lse = lses[2]};
    if (sa_attention_merge(ctx, &merge) != SA_OK) puts(sa_ctx_last_error(ctx));
    if (!attend(ctx, 0, KEYS, &outputs[3], &lses[3])) return 1;
    for (int i = 0; i < QUERIES * D; i++) worst = fmaxf(worst, fabsf(results[2][i] - results[3][i]));
    for (int t = 0; t < QUERIES; t++)
        printf("query %d: the shared prompt has %.0f %% of the weight\n", t, 100 * expf(sums[0][t] - sums[2][t]));
    printf("merged, it is %s\n", worst < 1e-6f ? "attention to all keys" : "something else");
    sa_ctx_destroy(&ctx);
    return 0;
}
