/* What a process looks like that has nothing but the shared library: fresh fused | blas | broken | short
 *   fused   calls that need no BLAS load none and have the threads that their contexts ask for
 *   blas    a context that needs it loads it
 *   broken  the loader finds no usable BLAS: whoever asks for one is refused, everybody else is served
 *   short   the first call where address space is short, and the end of the process after it
 * SPDX-License-Identifier: MIT */
#include "threads/calls.h"
#include "threads/own_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MORE_KIB = 40000, HANG = 60 };

static void fail_because(const char *why) {
    fprintf(stderr, "%s; %s; %s\n", why, sa_ctx_last_error(NULL), sa_build_info());
    exit(1);
}

static int is_loaded(void) {
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    if (!maps) fail_because("/proc/self/maps");
    while (!found && fgets(line, sizeof line, maps)) found = strstr(line, BLAS_STEM) != NULL;
    fclose(maps);
    return found;
}

static int threads_of_process(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) fail_because("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static sa_ctx *open_context(int32_t path, int32_t isa, int32_t threads) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = path, .isa = isa};
    sa_ctx *ctx;
    if (sa_ctx_create(&options, &ctx) != SA_OK) fail_because("no context");
    return ctx;
}

/* The layer's projections are of many rows. */
static void attend_and_forward(sa_ctx *ctx) {
    for (int i = 0; i < CORE_CALLS; i++)
        if (calls[i].call(ctx) != SA_OK) fail_because(sa_ctx_last_error(ctx));
}

static void use(int32_t path, int32_t isa, int32_t threads) {
    sa_ctx *ctx = open_context(path, isa, threads);
    attend_and_forward(ctx);
    sa_ctx_destroy(&ctx);
}

static void check_fused(void) {
    sa_ctx *ctx = open_context(SA_PATH_FUSED, SA_ISA_AUTO, 3);
    const int before = threads_of_process();
    attend_and_forward(ctx);
    if (threads_of_process() != before + 2) fail_because("there are other threads than two for the three of the call");
#ifndef __SANITIZE_THREAD__ /* has one of its own */
    if (before != 1) fail_because("there were threads before the first call");
#endif
    sa_ctx_destroy(&ctx);
    use(SA_PATH_PLAIN, SA_ISA_AUTO, 1);
    if (is_loaded() || !strstr(sa_build_info(), "loaded when first used")) fail_because("the BLAS was loaded");
}

static void check_blas(void) {
    use(SA_PATH_BLAS, SA_ISA_AUTO, 2);
    if (!is_loaded() || strstr(sa_build_info(), "loaded when first used")) fail_because("the BLAS was not loaded");
}

static void check_broken(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .path = SA_PATH_BLAS};
    sa_ctx *ctx;
    use(SA_PATH_AUTO, SA_ISA_AUTO, 2);
    use(SA_PATH_AUTO, SA_ISA_PORTABLE, 2);
    use(SA_PATH_PLAIN, SA_ISA_AUTO, 2);
    if (sa_ctx_create(&options, &ctx) != SA_ERR_UNSUPPORTED) fail_because("SA_PATH_BLAS was not refused");
    if (!strstr(sa_ctx_last_error(NULL), "path is SA_PATH_BLAS, but no BLAS can be used: ") ||
        !strstr(sa_ctx_last_error(NULL), "/" BLAS_STEM))
        fail_because("another sentence");
    if (!strstr(sa_build_info(), "BLAS none: ")) fail_because("sa_build_info() does not say it");
}

static void check_short(void) {
    sa_ctx *ctx = open_context(SA_PATH_FUSED, SA_ISA_AUTO, 1);
    if (!own_kib("VmSize:") || own_limit(MORE_KIB)) fail_because("no limit");
    if (calls[0].call(ctx) != SA_OK) fail_because(sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
}

int main(int count, char **arguments) {
    const struct {
        const char *name;
        void (*check)(void);
    } states[] = {{"fused", check_fused}, {"blas", check_blas}, {"broken", check_broken}, {"short", check_short}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (count == 2 && !strcmp(arguments[1], states[i].name)) {
            alarm(HANG);
            states[i].check();
            return 0;
        }
    fprintf(stderr, "usage: fresh fused | blas | broken | short\n");
    return 2;
}
