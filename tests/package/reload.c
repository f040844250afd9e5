/* dlopen(), a call and dlclose(), a thousand times, in a program that is not linked with the library: neither mappings
 * nor threads nor open files become more. Then a fork, which must not run a handler of code that is gone:
 * reload LIBRARY THREADS
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "find.h"

#include <dirent.h>
#include <dlfcn.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM = 50, TIMES = 1000, H = 4, T = 64, D = 16 };

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

static int count_entries(const char *path) {
    int count = 0;
    DIR *folder = opendir(path);
    if (!folder) fail(path);
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

static int count_mappings(void) {
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps) fail("/proc/self/maps");
    for (int c; (c = getc(maps)) != EOF;) count += c == '\n';
    fclose(maps);
    return count;
}

struct held {
    int mappings, threads, files;
};

static struct held count_held(void) {
    return (struct held){count_mappings(), count_entries("/proc/self/task"), count_entries("/proc/self/fd")};
}

/* The heap may be cut in another way by chance; a mapping per call would be TIMES of them. A thread that has ended may
 * still be listed for a moment. */
static void expect_no_growth(const struct held *before) {
    enum { CHANCE = 20, TRIALS = 10000 };
    struct held now = count_held();
    for (int i = 0; i < TRIALS && now.threads > before->threads; i++) now = count_held();
    if (now.mappings <= before->mappings + CHANCE && now.threads <= before->threads && now.files <= before->files)
        return;
    fprintf(stderr, "after %d times: %d mappings, %d threads, %d files; after %d: %d, %d, %d\n", WARM, before->mappings,
            before->threads, before->files, TIMES, now.mappings, now.threads, now.files);
    exit(1);
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: reload LIBRARY THREADS");
    struct held before = {0, 0, 0};
    for (int i = 0; i < TIMES; i++) {
        if (i == WARM) before = count_held();
        void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        if (!library) fail(dlerror());
        use(library, atoi(arguments[2]), i % 2 ? SA_PATH_BLAS : SA_PATH_AUTO);
        if (dlclose(library)) fail(dlerror());
    }
    expect_no_growth(&before);
    int status = 1;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(child, &status, 0) != child || status) fail("a forked child did not end well");
    return 0;
}
