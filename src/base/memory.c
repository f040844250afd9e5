/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include "base/arith.h"
#include "base/compiler.h"

#include <stdlib.h>
#include <string.h>

#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

static void *libc_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    void *memory = NULL;
    return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

static void libc_release(void *user, void *memory, size_t size) {
    (void)user;
    (void)size;
    free(memory);
}

const struct allocator default_allocator = {libc_allocate, libc_release, NULL};

static int total_bytes(int64_t count, int64_t size, size_t *bytes) {
    int64_t product;
    if (count < 0 || size < 0 || !checked_mul(count, size, &product)) return 0;
    if ((uint64_t)product > SIZE_MAX / 2) return 0;
    *bytes = product ? (size_t)product : 1;
    return 1;
}

void *memory_allocate(const struct allocator *allocator, int64_t count, int64_t size) {
    size_t bytes;
    if (!total_bytes(count, size, &bytes)) return NULL;
    void *memory = allocator->allocate(allocator->user, bytes, MEMORY_ALIGNMENT);
    if (memory) memset(memory, 0, bytes);
    return memory;
}

void memory_release(const struct allocator *allocator, void *memory, int64_t count, int64_t size) {
    size_t bytes;
    if (!memory || !total_bytes(count, size, &bytes)) return;
#ifdef ADDRESS_SANITIZER
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes); /* see ledger.h */
#endif
    allocator->release(allocator->user, memory, bytes);
}

void memory_clear(void *memory, size_t bytes) {
    memset(memory, 0, bytes);
}
