/* Three copies of the library in one process, one linked and two opened, compute at the same time, and all the same
 * bits. On SA_PATH_BLAS they share OpenBLAS's thread count, which one may restore while another computes: then their
 * results agree within rounding. The count is the host's in the end. copies LIBRARY OTHER
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "find.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COPIES = 3, CALLS = 20, ROUNDS = 5, H = 4, T = 150, D = 32, FLOATS = H * T * D };

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

/* NaN agrees with nothing. */
static int agree(const float *a, const float *b, float tolerance) {
    if (tolerance == 0) return memcmp(a, b, FLOATS * sizeof(float)) == 0;
    for (int i = 0; i < FLOATS; i++)
        if (!(fabsf(a[i] - b[i]) <= tolerance)) return 0;
    return 1;
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
        if (!agree(copies[i].out, copies[0].out, path == SA_PATH_BLAS ? 1e-6F : 0)) fail("two copies differ");
    }
}

/* The count of a pthread OpenBLAS is made 3, which no call of a copy sets by itself, and has to be 3 afterwards. */
static void compare_with_blas(struct copy *copies) {
    int (*get_parallel)(void) = NULL, (*get_threads)(void) = NULL;
    void (*set_threads)(int) = NULL;
    if (dlsym(RTLD_DEFAULT, "openblas_get_parallel")) {
        find(RTLD_DEFAULT, "openblas_get_parallel", &get_parallel);
        find(RTLD_DEFAULT, "openblas_get_num_threads", &get_threads);
        find(RTLD_DEFAULT, "openblas_set_num_threads", &set_threads);
    }
    const int counted = get_parallel && get_parallel() == 1;
    for (int round = 0; round < ROUNDS; round++) {
        if (counted) set_threads(3);
        compare(copies, SA_PATH_BLAS);
        if (counted && get_threads() != 3) fail("OpenBLAS has not as many threads as before");
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
    compare_with_blas(copies);
    compare(copies, SA_PATH_PLAIN);
    return 0;
}
