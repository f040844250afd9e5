/* Every call where address space is short, from none to more than enough: it succeeds or says SA_ERR_MEMORY, and never
 * ends the process. Each amount in a child, whose limit is what the parent has mapped and so much more.
 * SPDX-License-Identifier: MIT */
#include "threads/calls.h"
#include "threads/own_memory.h"

#include <sys/wait.h>
#include <unistd.h>

enum { FINE_KIB = 4 << 10, MOST_KIB = 64 << 10, HANG = 60, GOOD = 0, SHORT = 50 };

/* The context, too, has to be made in what is left. 0: all went well, SHORT: memory was short, else another status. */
static int run(int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = path};
    sa_ctx *ctx;
    sa_status status = sa_ctx_create(&options, &ctx);
    /* Attention alone needs next to nothing. */
    if (status == SA_OK && call == calls[0].call) status = sa_ctx_reserve(ctx, 1 << 20);
    if (status == SA_OK) status = call(ctx);
    if (status != SA_OK && status != SA_ERR_MEMORY) fprintf(stderr, "%s\n", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return status == SA_OK ? GOOD : status == SA_ERR_MEMORY ? SHORT : status;
}

static int run_in(long kib, int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        alarm(HANG);
        _exit(own_limit(kib) ? 99 : run(path, threads, call));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return 98;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* 1 if it never ends otherwise than well or for want of memory, and does both. */
static int sweep(const char *name, int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    int good = 1, end = SHORT, enough = -1, shorts = 0;
    for (long kib = 0; kib <= MOST_KIB && good; kib += kib < FINE_KIB ? 64 : FINE_KIB) {
        end = run_in(kib, path, threads, call);
        good = end == GOOD || end == SHORT;
        shorts += end == SHORT;
        if (!good) fprintf(stderr, "%s, path %d, %d threads, %ld KiB: end %d\n", name, path, threads, kib, end);
        if (end == GOOD && enough < 0) enough = (int)kib;
    }
    printf("%s, path %d, %d threads: %d KiB are enough, %d times SA_ERR_MEMORY\n", name, path, threads, enough, shorts);
    return good && end == GOOD && shorts > 0;
}

int main(void) {
    int good = 1;
    for (int i = 0; i < CALLS; i++) {
        good &= sweep(calls[i].name, SA_PATH_FUSED, 1, calls[i].call);
        good &= sweep(calls[i].name, SA_PATH_FUSED, 3, calls[i].call);
        good &= sweep(calls[i].name, SA_PATH_PLAIN, 1, calls[i].call);
    }
    return !good;
}
