/* Memory through the caller's allocator, or the C library's.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_MEMORY_H
#define SA_BASE_MEMORY_H

#include "selfattn.h"

enum { MEMORY_ALIGNMENT = 64 };

/* Every handle has a copy of it, and so does not depend on the context that made the handle. */
struct allocator {
    sa_allocate_fn allocate;
    sa_release_fn release;
    void *user;
};

/* The C library's allocator. */
extern const struct allocator default_allocator;

/* `count` * `size` bytes aligned to MEMORY_ALIGNMENT, zeroed; NULL if that overflows or there is no memory. Zero bytes
 * are allocated as one, so NULL always means failure. */
void *memory_allocate(const struct allocator *allocator, int64_t count, int64_t size);

/* Frees what memory_allocate() with the same count and size returned; NULL is ignored. */
void memory_release(const struct allocator *allocator, void *memory, int64_t count, int64_t size);

/* Zeroes a struct that is made for every call. Where GCC knows the size it writes `rep stos`, which takes some thirty
 * nanoseconds to begin; here it does not. */
void memory_clear(void *memory, size_t bytes);

#endif
