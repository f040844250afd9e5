/* A causal convolution, as models put it before linear attention: each token is mixed with the two before it, channel
 * by channel. A state keeps these two, so tokens may come in any calls.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { T = 6, C = 2, TAPS = 3 };

static float x[T * C] = {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60};
static float weight[C * TAPS] = {1, 1, 1, /* channel 0: sums */ -1, 0, 1 /* channel 1: change over two tokens */};

/* Tokens first .. first + count - 1, after those that the state has seen. */
static int convolve(sa_ctx *ctx, int first, int count, float *state, float *y) {
    sa_causal_conv_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.x, x + first * C, SA_F32, SA_BHSD, 1, 1, count, C);
    sa_tensor_set(&args.weight, weight, SA_F32, SA_BHSD, 1, 1, C, TAPS);
    sa_tensor_set(&args.y, y + first * C, SA_F32, SA_BHSD, 1, 1, count, C);
    sa_tensor_set(&args.state, state, SA_F32, SA_BHSD, 1, 1, TAPS - 1, C);
    if (sa_causal_conv(ctx, &args) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

int main(void) {
    float once[T * C], parts[T * C], state[(TAPS - 1) * C] = {0}, again[(TAPS - 1) * C] = {0};
    sa_ctx *ctx = NULL;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (!convolve(ctx, 0, T, state, once)) return 1;
    if (!convolve(ctx, 0, 4, again, parts) || !convolve(ctx, 4, 1, again, parts) || !convolve(ctx, 5, 1, again, parts))
        return 1;
    for (int t = 0; t < T; t++)
        printf("token %d: %3.0f %3.0f, in parts %3.0f %3.0f\n", t, once[t * C], once[t * C + 1], parts[t * C],
               parts[t * C + 1]);
    sa_ctx_destroy(&ctx);
    return 0;
}
