/* dlopen(), a call and dlclose(), ten times, in a program that is not linked with the library; then a fork, which must
 * not run a handler of code that is gone: reload LIBRARY THREADS
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMES = 10, H = 4, T = 64, D = 16 };

static void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* POSIX lets the address of a function travel in a void *, ISO C does not: it is copied, not cast. */
static void find(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    if (!address) fail(name);
    *(void **)function = address;
}

static void use(void *library, int32_t threads, int32_t path) {
    static float in[H * T * D], out[H * T * D];
    sa_status (*create)(const sa_ctx_options *, sa_ctx **);
    sa_status (*attend)(sa_ctx *, const sa_attention_args *);
    void (*destroy)(sa_ctx **);
    void (*set)(sa_tensor *, void *, int32_t, int32_t, int64_t, int64_t, int64_t, int64_t);
    sa_ctx *ctx;
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = path};
    sa_attention_args args = {.struct_size = sizeof args};
    find(library, "sa_ctx_create", &create);
    find(library, "sa_attention", &attend);
    find(library, "sa_ctx_destroy", &destroy);
    find(library, "sa_tensor_set", &set);
    set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    set(&args.key, in, SA_F32, SA_BHSD, 1, H, T, D);
    set(&args.value, in, SA_F32, SA_BHSD, 1, H, T, D);
    set(&args.output, out, SA_F32, SA_BHSD, 1, H, T, D);
    if (create(&options, &ctx) || attend(ctx, &args)) fail("the call failed");
    destroy(&ctx);
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: reload LIBRARY THREADS");
    for (int i = 0; i < TIMES; i++) {
        void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        if (!library) fail(dlerror());
        use(library, atoi(arguments[2]), i % 2 ? SA_PATH_BLAS : SA_PATH_AUTO);
        if (dlclose(library)) fail(dlerror());
    }
    int status = 1;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(child, &status, 0) != child || status) fail("a forked child did not end well");
    return 0;
}
