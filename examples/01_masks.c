/* Four rules that say which keys a query sees. Prints one row per query and one column per key, "." for a hidden key.
 * All scores are equal, so each of n visible keys has the weight 1/n.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { T = 5, D = 4 };

static void show(sa_ctx *ctx, const char *name, const sa_masking *masking) {
    static float zeros[T * D], output[T * D], weights[T * T];
    sa_attention_args args = {.struct_size = sizeof args, .masking = masking};
    sa_tensor_set(&args.query, zeros, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.key, zeros, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.value, zeros, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.weights, weights, SA_F32, SA_BHSD, 1, 1, T, T);
    if (sa_attention(ctx, &args) != SA_OK) {
        puts(sa_ctx_last_error(ctx));
        return;
    }
    puts(name);
    for (int t = 0; t < T; t++)
        for (int j = 0; j < T; j++) {
            const float weight = weights[t * T + j];
            if (weight > 0)
                printf(" %.2f", weight);
            else
                printf("    .");
            if (j == T - 1) puts("");
        }
}

int main(void) {
    sa_ctx *ctx = NULL;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;

    sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    show(ctx, "causal", &causal);

    sa_masking window = {.struct_size = sizeof window, .causal = 1, .window = 1, .window_left = 1};
    show(ctx, "causal, a window of two keys", &window);

    const int64_t lengths[1] = {3};
    sa_masking padding = {.struct_size = sizeof padding, .key_lengths = lengths};
    show(ctx, "three keys are real, two are padding", &padding);

    unsigned char allowed[T * T] = {0};
    for (int t = 0; t < T; t++) allowed[t * T + t] = allowed[t * T] = 1; /* itself, and the first key */
    sa_masking matrix = {.struct_size = sizeof matrix};
    sa_tensor_set(&matrix.mask, allowed, SA_BOOL, SA_BHSD, 1, 1, T, T);
    show(ctx, "a boolean matrix", &matrix);

    sa_ctx_destroy(&ctx);
    return 0;
}
