/* Linear attention as a memory of pairs: "a is 3, b is 5, a is 7", then "what is a?". Plain sums keep all values, a
 * decay forgets, and the delta rule replaces what it knew. The state does not grow; a copy of it is a snapshot.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { T = 3, D = 2 };
static float keys[T * D] = {1, 0, /* a */ 0, 1, /* b */ 1, 0 /* a */}, values[T] = {3, 5, 7};
static float decays[T] = {-0.6931472f, -0.6931472f, -0.6931472f}; /* each token halves the memory */
static float betas[T] = {1, 1, 1};

static void attend(sa_ctx *ctx, sa_linear_attention_args *args, int count, float *query, float *key, float *value,
                   float *output) {
    sa_tensor_set(&args->query, query, SA_F32, SA_BHSD, 1, 1, count, D);
    sa_tensor_set(&args->key, key, SA_F32, SA_BHSD, 1, 1, count, D);
    sa_tensor_set(&args->value, value, SA_F32, SA_BHSD, 1, 1, count, 1);
    sa_tensor_set(&args->output, output, SA_F32, SA_BHSD, 1, 1, count, 1);
    if (sa_linear_attention(ctx, args) != SA_OK) puts(sa_ctx_last_error(ctx));
}

/* A token whose key is 0 adds nothing: it only asks. */
static float ask(sa_ctx *ctx, sa_linear_state *state, float a, float b) {
    float query[D] = {a, b}, key[D] = {0, 0}, value = 0, answer = 0;
    sa_linear_attention_args args = {.struct_size = sizeof args, .scale = 1, .state = state};
    attend(ctx, &args, 1, query, key, &value, &answer);
    return answer;
}

/* Tells the memory `count` tokens from `first` on, by rule 0, 1 or 2. */
static void tell(sa_ctx *ctx, sa_linear_state *state, int first, int count, int rule) {
    float output[T];
    sa_linear_attention_args args = {.struct_size = sizeof args, .state = state};
    if (rule == 1) sa_tensor_set(&args.decay, decays, SA_F32, SA_BHSD, 1, 1, count, 1);
    if (rule == 2) sa_tensor_set(&args.beta, betas, SA_F32, SA_BHSD, 1, 1, count, 1);
    attend(ctx, &args, count, keys + first * D, keys + first * D, values + first, output);
}

int main(void) {
    static const char *const names[] = {"sums", "decay", "delta rule"};
    sa_ctx *ctx = NULL;
    sa_linear_state *state = NULL, *before = NULL;
    sa_linear_state_config config = {
        .struct_size = sizeof config, .batch = 1, .kv_heads = 1, .head_size = D, .value_head_size = 1};
    if (sa_ctx_create(NULL, &ctx) || sa_linear_state_create(ctx, &config, &state)) return 1;
    if (sa_linear_state_create(ctx, &config, &before)) return 1;
    for (int rule = 0; rule < 3; rule++) {
        if (sa_linear_state_clear(state, -1)) return 1;
        tell(ctx, state, 0, 2, rule);
        if (sa_linear_state_copy(state, -1, before, -1)) return 1;
        tell(ctx, state, 2, 1, rule);
        printf("%-10s  a %.2f  b %.2f  a before the last %.2f\n", names[rule], ask(ctx, state, 1, 0),
               ask(ctx, state, 0, 1), ask(ctx, before, 1, 0));
    }
    sa_linear_state_destroy(&before), sa_linear_state_destroy(&state), sa_ctx_destroy(&ctx);
    return 0;
}
