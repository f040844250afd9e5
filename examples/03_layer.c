/* A whole layer, y = attention(x Wq, x Wk, x Wv) Wo, with causal masking. Wq and Wk are zero, so a token gives
 * equal weights to itself and to all tokens before it. Wv and Wo are identities. So y has the running means of x.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { T = 4, E = 4, H = 2 }; /* tokens, width of the model, heads */

int main(void) {
    static const float zero[E * E];
    const float identity[E * E] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    float x[T * E] = {1, 10, 100, 1000, 2, 20, 200, 2000, 3, 30, 300, 3000, 4, 40, 400, 4000}, y[T * E];

    sa_ctx *ctx = NULL;
    sa_layer *layer = NULL;
    sa_layer_config config = {.struct_size = sizeof config,
                              .model_width = E,
                              .query_heads = H,
                              .weight_q = zero,
                              .weight_k = zero,
                              .weight_v = identity,
                              .weight_o = identity};
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    sa_status status = sa_layer_create(ctx, &config, &layer); /* copies the weights */

    sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_forward_args args = {.struct_size = sizeof args, .masking = &causal};
    sa_tensor_set(&args.x, x, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_tensor_set(&args.y, y, SA_F32, SA_BSHD, 1, 1, T, E);
    if (status == SA_OK) status = sa_forward(ctx, layer, &args);
    if (status != SA_OK) puts(sa_ctx_last_error(ctx));
    for (int t = 0; t < T && status == SA_OK; t++)
        printf("token %d: %.2f %.2f %.2f %.2f\n", t, y[t * E], y[t * E + 1], y[t * E + 2], y[t * E + 3]);

    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
