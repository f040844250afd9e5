/* Memory for libraries that do not say how long a block is when they free it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_SIZED_H
#define SA_BASE_SIZED_H

#include "base/memory.h"

/* The length stands before the block, which is aligned to 16. `user` is the struct allocator. NULL: no memory. */
void *sized_allocate(void *user, size_t size);
void sized_release(void *user, void *memory);

#endif
