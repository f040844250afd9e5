/* SPDX-License-Identifier: MIT */
#include "support/guarded.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapped(size_t bytes) {
    return (bytes + page() - 1) / page() * page();
}

/* What may be read behind an array: BLIS 0.9 reads there itself (docs/threads-and-blas.md). */
static size_t slack(void) {
    const char *blas = getenv("SELFATTN_TEST_BLAS");
    return blas && !strcmp(blas, "BLIS") ? page() : 0;
}

/* The first of the whole pages that hold `bytes` bytes, with a guard page on either side. */
static char *map_between_guards(size_t bytes) {
    size_t usable = mapped(bytes) + slack();
    char *guard = mmap(NULL, usable + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guard == MAP_FAILED || (usable && mprotect(guard + page(), usable, PROT_READ | PROT_WRITE))) {
        perror("guarded_alloc");
        exit(1);
    }
    return guard + page();
}

void *guarded_alloc(size_t bytes) {
    return map_between_guards(bytes) + mapped(bytes) - bytes;
}

void *guarded_alloc_start(size_t bytes) {
    return map_between_guards(bytes);
}

void guarded_free(void *memory, size_t bytes) {
    if (!memory) return;
    char *start = (char *)memory - (uintptr_t)memory % page();
    munmap(start - page(), mapped(bytes) + slack() + 2 * page());
}
