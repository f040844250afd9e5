/* Arrays that grow while they are filled.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TOKENIZER_ARRAY_H
#define SA_TRAIN_TOKENIZER_ARRAY_H

#include "base/arith.h"
#include "base/memory.h"
#include "base/report.h"

#include <string.h>

/* Makes an array of `room` elements twice as long, but at least `least`; what is new is 0. NULL: no memory, and
 * nothing has changed. */
static inline void *array_grow(const struct allocator *memory, void *array, int64_t *room, int64_t least,
                               int64_t size) {
    int64_t more;
    if (!checked_mul(*room, 2, &more)) return NULL;
    more = max_i64(more, least);
    void *grown = memory_allocate(memory, more, size);
    if (!grown) return NULL;
    if (*room) memcpy(grown, array, (size_t)(*room * size));
    memory_release(memory, array, *room, size);
    *room = more;
    return grown;
}

#endif
