/* Softmax attention at a cost that grows with n, not with n^2: positive random features (FAVOR+), on linear attention.
 * Its error falls with the root of the number of features. Directions are independent here; orthogonal ones, which are
 * a little better, need a library with LAPACKE.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

enum { N = 256, D = 16 };

static float q[N * D], k[N * D], v[N * D], exact[N * D], output[N * D];

static void set_tensors(sa_tensor *query, sa_tensor *key, sa_tensor *value) {
    sa_tensor_set(query, q, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(key, k, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(value, v, SA_F32, SA_BHSD, 1, 1, N, D);
}

/* The norm of the difference from exact attention, relative. */
static float error_of(sa_ctx *ctx, int count) {
    const sa_random_features_config config = {
        .struct_size = sizeof config, .count = count, .head_size = D, .seed = 1, .independent = 1};
    sa_linear_attention_args args = {.struct_size = sizeof args, .normalised = 1, .bidirectional = 1};
    sa_random_features *features = NULL;
    float difference = 0, norm = 0;
    set_tensors(&args.query, &args.key, &args.value);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, 1, 1, N, D);
    if (sa_random_features_create(ctx, &config, &features) != SA_OK) return NAN;
    args.random_features = features;
    if (sa_linear_attention(ctx, &args) != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_random_features_destroy(&features);
    for (int i = 0; i < N * D; i++) {
        difference += (output[i] - exact[i]) * (output[i] - exact[i]);
        norm += exact[i] * exact[i];
    }
    return sqrtf(difference / norm);
}

int main(void) {
    sa_attention_args args = {.struct_size = sizeof args};
    sa_ctx *ctx = NULL;
    for (int i = 0; i < N * D; i++) {
        q[i] = sinf((float)i * 1.3f), k[i] = cosf((float)(i * i % 997));
        v[i] = k[i]; /* a query gets the mean of the keys that look like it */
    }
    set_tensors(&args.query, &args.key, &args.value);
    sa_tensor_set(&args.output, exact, SA_F32, SA_BHSD, 1, 1, N, D);
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (sa_attention(ctx, &args) != SA_OK) puts(sa_ctx_last_error(ctx));
    for (int count = 64; count <= 4096; count *= 8) printf("%4d features: error %.3f\n", count, error_of(ctx, count));
    sa_ctx_destroy(&ctx);
    return 0;
}
