/* A layer learns. Each token has a letter and a place; the layer has to answer each place with the letter before it, in
 * words that it never saw. Gradient descent on its four matrices by sa_forward_backward(). Prints the loss now and
 * then, and in the end the answers to a new word.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 16, T = 6, LETTERS = 8, E = LETTERS + T, D = 16, STEPS = 800 };
static float wq[D * E], wk[D * E], wv[D * E], wo[LETTERS * D], dq[D * E], dk[D * E], dv[D * E], do_[LETTERS * D];
static float x[WORDS][T][E], y[WORDS][T][LETTERS], dy[WORDS][T][LETTERS];
static int words[WORDS][T];
static unsigned state = 1;

/* The same numbers everywhere. */
static unsigned draw(void) {
    return (state = state * 1103515245 + 12345) >> 16 & 255;
}

static void make_words(void) {
    memset(x, 0, sizeof x);
    for (int b = 0; b < WORDS; b++)
        for (int t = 0; t < T; t++) {
            words[b][t] = (int)draw() % LETTERS;
            x[b][t][words[b][t]] = 1;
            x[b][t][LETTERS + t] = 1;
        }
}

/* Half of the mean squared distance to the letter before; the gradient by y is the difference. */
static float find_loss(void) {
    float sum = 0;
    for (int b = 0; b < WORDS; b++)
        for (int t = 0; t < T; t++)
            for (int i = 0; i < LETTERS; i++) {
                const float wanted = t && words[b][t - 1] == i ? 1 : 0;
                dy[b][t][i] = (y[b][t][i] - wanted) / (WORDS * T);
                sum += (y[b][t][i] - wanted) * dy[b][t][i] / 2;
            }
    return sum;
}

/* A layer is immutable: each step makes one of the new weights. */
static int step(sa_ctx *ctx, float *loss, float rate) {
    sa_layer_config config = {
        .struct_size = sizeof config, .model_width = E, .output_width = LETTERS, .query_heads = 1};
    sa_forward_args args = {.struct_size = sizeof args};
    sa_layer_gradients g = {.struct_size = sizeof g, .weight_q = dq, .weight_k = dk, .weight_v = dv, .weight_o = do_};
    sa_layer *layer = NULL;
    config.head_size = D;
    config.weight_q = wq, config.weight_k = wk, config.weight_v = wv, config.weight_o = wo;
    sa_tensor_set(&args.x, x, SA_F32, SA_BSHD, WORDS, 1, T, E);
    sa_tensor_set(&args.y, y, SA_F32, SA_BSHD, WORDS, 1, T, LETTERS);
    sa_tensor_set(&g.y, dy, SA_F32, SA_BSHD, WORDS, 1, T, LETTERS);
    if (sa_layer_create(ctx, &config, &layer) != SA_OK || sa_forward(ctx, layer, &args) != SA_OK) return 0;
    *loss = find_loss();
    const int works = sa_forward_backward(ctx, layer, &args, &g) == SA_OK;
    sa_layer_destroy(&layer);
    for (int i = 0; works && i < D * E; i++) wq[i] -= rate * dq[i], wk[i] -= rate * dk[i], wv[i] -= rate * dv[i];
    for (int i = 0; works && i < LETTERS * D; i++) wo[i] -= rate * do_[i];
    return works;
}

int main(void) {
    sa_ctx *ctx = NULL;
    float *const matrices[] = {wq, wk, wv, wo}, loss = 0;
    const int sizes[] = {D * E, D * E, D * E, LETTERS * D};
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < sizes[m]; i++) matrices[m][i] = (float)draw() / 255 - .5f;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;

    for (int i = 0; i <= STEPS; i++) {
        make_words();
        if (!step(ctx, &loss, 2)) return 1;
        if (i % 200 == 0) printf("step %3d: loss %.2f\n", i, (double)loss);
    }

    make_words();
    if (!step(ctx, &loss, 0)) return 1;
    for (int t = 0; t < T; t++) {
        int best = 0;
        for (int i = 1; i < LETTERS; i++)
            if (y[0][t][i] > y[0][t][best]) best = i;
        printf("place %d has %c, answer %c\n", t, 'a' + words[0][t], t ? 'a' + best : '-');
    }
    sa_ctx_destroy(&ctx);
    return 0;
}
