/* Latent attention: a cache that keeps one vector per token for all heads, read as it is (absorbed) or made into keys
 * and values (expanded). Both give the same outputs.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>

enum { T = 40, E = 64, H = 8, D = 16, DV = 16, L = 24, R = 8, ROW = L + R };
static float x[T * E], q[H * (D + R) * E], down[ROW * E], up[H * (D + DV) * L], o[E * H * DV], y[2][T * E];

static void fill(float *numbers, int count, float size, unsigned seed) {
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        numbers[i] = size * ((float)(seed >> 8) / 8388608 - 1);
    }
}

/* Half of the tokens at once, the others one by one, with a cache of one row per token. */
static void run(sa_ctx *ctx, const sa_layer *layer, int form, float *to) {
    const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_cache *cache = NULL;
    sa_cache_config config = {.struct_size = sizeof config,
                              .batch = 1,
                              .kv_heads = 1,
                              .head_size = ROW,
                              .value_head_size = L,
                              .values_in_keys = 1};
    if (sa_cache_create(ctx, &config, &cache)) puts(sa_ctx_last_error(ctx));
    sa_forward_args a = {.struct_size = sizeof a, .masking = &causal, .cache = cache, .latent_form = form};
    for (int t = 0; t < T; t += t < T / 2 ? T / 2 : 1) {
        sa_tensor_set(&a.x, x + t * E, SA_F32, SA_BHSD, 1, 1, t < T / 2 ? T / 2 : 1, E);
        sa_tensor_set(&a.y, to + t * E, SA_F32, SA_BHSD, 1, 1, t < T / 2 ? T / 2 : 1, E);
        if (sa_forward(ctx, layer, &a)) puts(sa_ctx_last_error(ctx));
    }
    sa_cache_destroy(&cache);
}

int main(void) {
    sa_ctx *ctx = NULL;
    sa_layer *layer = NULL;
    sa_rope rope = {.struct_size = sizeof rope};
    sa_latent latent = {
        .struct_size = sizeof latent, .latent_size = L, .rotary_size = R, .weight_down = down, .weight_up = up};
    sa_layer_config config = {.struct_size = sizeof config,
                              .model_width = E,
                              .query_heads = H,
                              .head_size = D,
                              .value_head_size = DV,
                              .weight_q = q,
                              .weight_o = o,
                              .rope = &rope,
                              .latent = &latent};
    fill(x, T * E, 1, 1), fill(q, H * (D + R) * E, .2f, 2), fill(down, ROW * E, .2f, 3);
    fill(up, H * (D + DV) * L, .3f, 4), fill(o, E * H * DV, .1f, 5);
    if (sa_ctx_create(NULL, &ctx) || sa_layer_create(ctx, &config, &layer)) return 1;
    run(ctx, layer, SA_LATENT_ABSORBED, y[0]), run(ctx, layer, SA_LATENT_EXPANDED, y[1]);
    float worst = 0;
    for (int i = 0; i < T * E; i++) worst = fmaxf(worst, fabsf(y[0][i] - y[1][i]));
    printf("numbers kept per token: %d, not %d\n", ROW, H * (D + R + DV));
    printf("both forms agree: %s\n", worst < 1e-5f ? "yes" : "no");
    sa_layer_destroy(&layer), sa_ctx_destroy(&ctx);
    return 0;
}
