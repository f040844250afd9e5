/* Decoding: a cache keeps the keys and values of all tokens so far, and each new token attends to them. Outputs have
 * the same bits as in one causal call over all tokens.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>
#include <string.h>

enum { T = 6, H = 2, D = 4 };
static float query[T * H * D], key[T * H * D], value[T * H * D], at_once[T * H * D];

/* `count` tokens from `first` on, in the order [token][head][head size]. */
static void set(sa_tensor *tensor, float *array, int first, int count) {
    sa_tensor_set(tensor, array + first * H * D, SA_F32, SA_BSHD, 1, H, count, D);
}

static sa_status decode(sa_ctx *ctx, sa_cache *cache, int t, float *output) {
    sa_tensor new_key, new_value;
    set(&new_key, key, t, 1), set(&new_value, value, t, 1);
    const sa_status status = sa_cache_append(ctx, cache, 0, &new_key, &new_value, NULL);
    if (status != SA_OK) return status;
    sa_attention_args args = {.struct_size = sizeof args, .cache = cache};
    set(&args.query, query, t, 1), set(&args.output, output, t, 1);
    return sa_attention(ctx, &args);
}

int main(void) {
    static float output[T * H * D];
    for (int i = 0; i < T * H * D; i++) {
        query[i] = (float)(i * 5 % 7 - 3) / 4;
        key[i] = (float)(i * 3 % 11 - 5) / 4;
        value[i] = (float)i;
    }
    sa_ctx *ctx = NULL;
    sa_cache *cache = NULL;
    sa_cache_config config = {.struct_size = sizeof config, .batch = 1, .kv_heads = H, .head_size = D};
    if (sa_ctx_create(NULL, &ctx) || sa_cache_create(ctx, &config, &cache)) return 1;

    for (int t = 0; t < T; t++) {
        if (decode(ctx, cache, t, output) != SA_OK) puts(sa_ctx_last_error(ctx));
        printf("tokens in the cache: %lld, output %.3f\n", (long long)sa_cache_length(cache, 0, 0), output[t * H * D]);
    }

    sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_attention_args args = {.struct_size = sizeof args, .masking = &causal};
    set(&args.query, query, 0, T), set(&args.key, key, 0, T), set(&args.value, value, 0, T);
    set(&args.output, at_once, 0, T);
    if (sa_attention(ctx, &args) != SA_OK) puts(sa_ctx_last_error(ctx));
    printf("all at once: %s\n", memcmp(output, at_once, sizeof output) ? "other bits" : "the same bits");

    sa_cache_destroy(&cache);
    sa_ctx_destroy(&ctx);
    return 0;
}
