/* Three copies of the library in one process, one linked and two opened, compute at the same time, and all the same
 * bits: copies LIBRARY OTHER
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "find.h"

#include <dlfcn.h>
#include <pthread.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COPIES = 3, CALLS = 20, H = 4, T = 150, D = 32, FLOATS = H * T * D };

/* What this program uses of a copy. */
struct copy {
    sa_status (*create)(const sa_ctx_options *, sa_ctx **);
    sa_status (*attend)(sa_ctx *, const sa_attention_args *);
    void (*destroy)(sa_ctx **);
    int32_t path;
    float *out;
    int status;
};

static float in[FLOATS];

static void open_copy(const char *path, struct copy *copy) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail(dlerror());
    find(library, "sa_ctx_create", &copy->create);
    find(library, "sa_attention", &copy->attend);
    find(library, "sa_ctx_destroy", &copy->destroy);
}

static void *compute(void *arg) {
    struct copy *copy = arg;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 3, .path = copy->path};
    sa_attention_args args = {.struct_size = sizeof args};
    sa_ctx *ctx;
    sa_tensor_set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    args.key = args.value = args.query;
    sa_tensor_set(&args.output, copy->out, SA_F32, SA_BHSD, 1, H, T, D);
    copy->status = copy->create(&options, &ctx);
    for (int i = 0; i < CALLS && copy->status == SA_OK; i++) copy->status = copy->attend(ctx, &args);
    if (copy->status == SA_OK) copy->destroy(&ctx);
    return NULL;
}

static void compare(struct copy *copies, int32_t path) {
    pthread_t threads[COPIES];
    for (int i = 0; i < COPIES; i++) {
        copies[i].path = path;
        memset(copies[i].out, 0xff, FLOATS * sizeof(float));
        if (pthread_create(&threads[i], NULL, compute, &copies[i])) fail("no thread");
    }
    for (int i = 0; i < COPIES; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < COPIES; i++) {
        if (path == SA_PATH_BLAS && copies[i].status == SA_ERR_UNSUPPORTED) continue;
        if (copies[i].status != SA_OK) fail("a call failed");
        if (memcmp(copies[i].out, copies[0].out, FLOATS * sizeof(float))) fail("two copies computed other bits");
    }
}

int main(int count, char **arguments) {
    static float out[COPIES][FLOATS];
    struct copy copies[COPIES] = {{.create = sa_ctx_create, .attend = sa_attention, .destroy = sa_ctx_destroy}};
    if (count != COPIES) fail("usage: copies LIBRARY OTHER");
    for (int i = 1; i < COPIES; i++) open_copy(arguments[i], &copies[i]);
    for (int i = 0; i < COPIES; i++) copies[i].out = out[i];
    for (int i = 0; i < FLOATS; i++) in[i] = (float)(i * 7919 % 1000) / 500 - 1;
    for (int i = 1; i < COPIES; i++)
        for (int other = 0; other < i; other++)
            if (copies[i].attend == copies[other].attend) fail("two copies are one");
    compare(copies, SA_PATH_FUSED);
    compare(copies, SA_PATH_BLAS);
    compare(copies, SA_PATH_PLAIN);
    return 0;
}
