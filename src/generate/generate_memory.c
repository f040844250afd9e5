/* SPDX-License-Identifier: MIT */
#include "generate/generate_memory.h"

#include "base/arith.h"

void *cut(struct cutter *cutter, int64_t count, int64_t size) {
    int64_t start = cutter->bytes, bytes, end;
    if (start < 0) return NULL;
    int fits = checked_mul(count, size, &bytes) && checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
               checked_add(start, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &end);
    cutter->bytes = fits ? end : -1;
    return fits && cutter->block ? cutter->block + start : NULL;
}

sa_status generate_reserve(struct report *report, sa_session *session, int64_t bytes) {
    if (bytes < 0) return fail_overflow(report, "the memory for generation");
    if (bytes <= session->generate_bytes) return SA_OK;
    void *memory = memory_allocate(&session->memory, bytes, 1);
    if (!memory) return fail_memory(report, bytes, "generation");
    memory_release(&session->memory, session->generate_memory, session->generate_bytes, 1);
    session->generate_memory = memory;
    session->generate_bytes = bytes;
    return SA_OK;
}
