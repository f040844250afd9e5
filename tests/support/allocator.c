/* SPDX-License-Identifier: MIT */
#include "support/allocator.h"

#include <stdlib.h>
#include <string.h>

/* In front of each block, so that the block stays aligned. */
enum { HEAD = 64, LARGEST_ALIGNMENT = 64 };

static void *allocate(void *user, size_t size, size_t alignment) {
    struct test_allocator *a = user;
    int power = alignment && !(alignment & (alignment - 1)) && alignment <= LARGEST_ALIGNMENT;
    a->faults += !size || !power;
    if (a->calls++ == a->fail_at || (int64_t)size > a->most_bytes) {
        a->failures++;
        return NULL;
    }
    char *block = aligned_alloc(HEAD, (size + 2 * HEAD - 1) / HEAD * HEAD);
    if (!block) abort();
    memcpy(block, &size, sizeof size);
    memset(block + HEAD, 0xa5, size); /* callers must not rely on zeros */
    a->live++;
    a->live_bytes += (int64_t)size;
    return block + HEAD;
}

static void release(void *user, void *memory, size_t size) {
    struct test_allocator *a = user;
    char *block = (char *)memory - HEAD;
    size_t asked;
    memcpy(&asked, block, sizeof asked);
    a->faults += asked != size;
    a->live--;
    a->live_bytes -= (int64_t)asked;
    free(block);
}

struct test_allocator test_allocator_make(void) {
    return (struct test_allocator){.fail_at = -1, .most_bytes = (int64_t)1 << 30};
}

void test_allocator_use(struct test_allocator *allocator, sa_ctx_options *options) {
    options->allocate = allocate;
    options->release = release;
    options->allocator_user = allocator;
}
