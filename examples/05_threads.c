/* Four threads use one layer at once. The rules: a layer is immutable, so any number of threads may share it. A context
 * has one caller at a time, so each thread has its own. Results do not depend on the threads.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <selfattn.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4, T = 8, E = 16, H = 4 };

struct work {
    const sa_layer *layer; /* shared */
    float x[T * E], y[T * E];
    sa_status status;
};

static void *forward(void *argument) {
    struct work *work = argument;
    sa_ctx *ctx = NULL; /* this thread's own, and the work of a call stays in this thread */
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_forward_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.x, work->x, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_tensor_set(&args.y, work->y, SA_F32, SA_BSHD, 1, 1, T, E);
    work->status = sa_ctx_create(&options, &ctx);
    if (work->status == SA_OK) work->status = sa_forward(ctx, work->layer, &args);
    if (work->status != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return NULL;
}

int main(void) {
    static float weights[E * E];
    static struct work work[THREADS], alone;
    pthread_t threads[THREADS];
    sa_ctx *ctx = NULL;
    sa_layer *layer = NULL;
    for (int i = 0; i < E * E; i++) weights[i] = (float)(i * 7 % 31 - 15) / 32;
    sa_layer_config config = {.struct_size = sizeof config, .model_width = E, .query_heads = H};
    config.weight_q = config.weight_k = config.weight_v = config.weight_o = weights;
    if (sa_ctx_create(NULL, &ctx) || sa_layer_create(ctx, &config, &layer)) return 1;
    sa_ctx_destroy(&ctx); /* the layer does not need the context that made it */

    for (int n = 0; n < THREADS; n++) {
        work[n].layer = layer;
        for (int i = 0; i < T * E; i++) work[n].x[i] = (float)((i + n) * 5 % 9 - 4) / 4;
        if (pthread_create(&threads[n], NULL, forward, &work[n])) return 1;
    }
    for (int n = 0; n < THREADS; n++) pthread_join(threads[n], NULL);
    for (int n = 0; n < THREADS; n++) {
        alone = work[n];
        forward(&alone);
        printf("thread %d: %s alone\n", n, memcmp(alone.y, work[n].y, sizeof alone.y) ? "not as" : "the same bits as");
    }
    sa_layer_destroy(&layer);
    return 0;
}
