/* Calls on threads whose stacks are as small as is promised: small_stack [KIB]
 *   without an argument: as the documents say; with one: that many KiB, for a search by hand
 * Each case runs in a process of its own, so that a stack that is too small is reported by name.
 * SPDX-License-Identifier: MIT */
#include "threads/calls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAST_KIB = 32, LEAST_MODEL_KIB = 64, LEAST_BLAS_KIB = 128, HANG = 60 };

struct work {
    int32_t path, isa, failed;
    const struct named_call *call;
};

static void *run(void *arg) {
    struct work *w = arg;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 2, .path = w->path, .isa = w->isa};
    sa_ctx *ctx;
    sa_status status = sa_ctx_create(&options, &ctx);
    if (status == SA_OK) status = w->call->call(ctx);
    if (status != SA_OK) fprintf(stderr, "%s\n", sa_ctx_last_error(ctx));
    w->failed = status != SA_OK;
    sa_ctx_destroy(&ctx);
    return NULL;
}

static int run_on_stack(struct work *w, size_t kib) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, kib << 10)) return 2;
    if (pthread_create(&thread, &attributes, run, w) || pthread_join(thread, NULL)) return 3;
    pthread_attr_destroy(&attributes);
    return w->failed;
}

/* 1 if the case ends well in a child. */
static int check(struct work w, size_t kib) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        alarm(HANG);
        _exit(run_on_stack(&w, kib));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 1;
    fprintf(stderr, "%s, path %d, isa %d, a stack of %zu KiB: status %x\n", w.call->name, w.path, w.isa, kib,
            (unsigned)status);
    return 0;
}

int main(int count, char **arguments) {
    const size_t kib = count == 2 ? (size_t)atol(arguments[1]) : 0;
    int good = 1;
    for (int i = 0; i < CALLS; i++) {
        const size_t least = i < CORE_CALLS ? LEAST_KIB : LEAST_MODEL_KIB;
        const struct work fused = {.path = SA_PATH_FUSED, .call = &calls[i]};
        struct work w = fused;
        good &= check(w, kib ? kib : least);
        w.isa = SA_ISA_PORTABLE;
        good &= check(w, kib ? kib : least);
        w.path = SA_PATH_PLAIN;
        good &= check(w, kib ? kib : least);
        w = fused;
        w.path = SA_PATH_BLAS;
        good &= !WITH_BLAS || check(w, kib ? kib : LEAST_BLAS_KIB);
    }
    return !good;
}
