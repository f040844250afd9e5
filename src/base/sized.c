/* SPDX-License-Identifier: MIT */
#include "base/sized.h"

#include <string.h>

enum { HEADER = 16 };

void *sized_allocate(void *user, size_t size) {
    char *block = size > SIZE_MAX / 2 - HEADER ? NULL : memory_allocate(user, (int64_t)size + HEADER, 1);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

void sized_release(void *user, void *memory) {
    size_t size;
    if (!memory) return;
    char *block = (char *)memory - HEADER;
    memcpy(&size, block, sizeof size);
    memory_release(user, block, (int64_t)size + HEADER, 1);
}
