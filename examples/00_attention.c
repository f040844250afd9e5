/* Attention of one query to three keys, small enough to check by hand.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

/* B sequences, H heads, T queries, S keys, head size D: the letters of selfattn.h. */
enum { B = 1, H = 1, T = 1, S = 3, D = 1 };

int main(void) {
    /* The scores are ln 1, ln 2 and ln 3, so the softmax gives 1/6, 2/6 and 3/6. */
    float query[B * H * T * D] = {1};
    float key[B * H * S * D] = {logf(1), logf(2), logf(3)};
    float value[B * H * S * D] = {6, 12, 18};
    float output[B * H * T * D], weights[B * H * T * S];

    sa_ctx *ctx = NULL;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) {
        puts(sa_ctx_last_error(NULL));
        return 1;
    }
    sa_attention_args args = {.struct_size = sizeof args, .scale = 1};
    sa_tensor_set(&args.query, query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&args.key, key, SA_F32, SA_BHSD, B, H, S, D);
    sa_tensor_set(&args.value, value, SA_F32, SA_BHSD, B, H, S, D);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&args.weights, weights, SA_F32, SA_BHSD, B, H, T, S); /* optional: leave it out for speed */
    const sa_status status = sa_attention(ctx, &args);
    if (status == SA_OK) {
        printf("weights %.3f %.3f %.3f\n", weights[0], weights[1], weights[2]);
        printf("output  %.3f\n", output[0]);
    } else {
        puts(sa_ctx_last_error(ctx));
    }
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
