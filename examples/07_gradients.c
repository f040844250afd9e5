/* Attention learns. Each of six tokens has to give out what stands before it: gradient descent on queries and keys
 * brings the weights there. Prints the loss now and then, and in the end which token each one looks at.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { T = 6, D = 8, STEPS = 80 };
static float q[T][D], k[T][D], v[T][T], o[T][T], lse[T], weights[T * T], dq[T][D], dk[T][D], upstream[T][T];

/* Half of the squared distance to what is wanted; its gradient by the output is the difference itself. */
static float loss(void) {
    float sum = 0;
    for (int t = 0; t < T; t++)
        for (int d = 0; d < T; d++) {
            upstream[t][d] = o[t][d] - (d == (t + T - 1) % T ? 1.0f : 0.0f);
            sum += upstream[t][d] * upstream[t][d] / 2;
        }
    return sum;
}

int main(void) {
    sa_ctx *ctx = NULL;
    sa_attention_args args = {.struct_size = sizeof args};
    sa_attention_gradients gradients = {.struct_size = sizeof gradients};
    unsigned state = 1;
    for (int i = 0; i < T * D; i++) /* small numbers that are the same everywhere */
        for (int which = 0; which < 2; which++)
            (which ? k : q)[i / D][i % D] = (float)((state = state * 1103515245 + 12345) >> 16 & 255) / 255 - .5f;
    for (int t = 0; t < T; t++) v[t][t] = 1; /* a value names its token */
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&args.value, v, SA_F32, SA_BHSD, 1, 1, T, T);
    sa_tensor_set(&args.output, o, SA_F32, SA_BHSD, 1, 1, T, T);
    sa_tensor_set(&args.lse, lse, SA_F32, SA_BHSD, 1, 1, T, 1);
    sa_tensor_set(&gradients.output, upstream, SA_F32, SA_BHSD, 1, 1, T, T);
    sa_tensor_set(&gradients.query, dq, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&gradients.key, dk, SA_F32, SA_BHSD, 1, 1, T, D);
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;

    for (int step = 0; step <= STEPS; step++) {
        if (sa_attention(ctx, &args) != SA_OK) return 1;
        const float now = loss();
        if (step % 20 == 0) printf("step %3d: loss %.3f\n", step, now);
        if (sa_attention_backward(ctx, &args, &gradients) != SA_OK) return 1;
        for (int i = 0; i < T * D; i++)
            q[i / D][i % D] -= dq[i / D][i % D] * 2, k[i / D][i % D] -= dk[i / D][i % D] * 2;
    }

    sa_tensor_set(&args.weights, weights, SA_F32, SA_BHSD, 1, 1, T, T);
    if (sa_attention(ctx, &args) != SA_OK) return 1;
    for (int t = 0; t < T; t++) {
        int best = 0;
        for (int j = 1; j < T; j++)
            if (weights[t * T + j] > weights[t * T + best]) best = j;
        printf("token %d looks at token %d\n", t, best);
    }
    sa_ctx_destroy(&ctx);
    return 0;
}
