/* SPDX-License-Identifier: MIT */
#include "support/guarded.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapped(size_t bytes) {
    return (bytes + page() - 1) / page() * page();
}

void *guarded_alloc(size_t bytes) {
    size_t usable = mapped(bytes);
    char *start = mmap(NULL, usable + page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + usable, page(), PROT_NONE)) {
        perror("guarded_alloc");
        exit(1);
    }
    return start + usable - bytes;
}

void guarded_free(void *memory, size_t bytes) {
    size_t usable = mapped(bytes);
    if (memory) munmap((char *)memory + bytes - usable, usable + page());
}
