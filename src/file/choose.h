/* Chooses a file of a directory.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_CHOOSE_H
#define SA_FILE_CHOOSE_H

#include "base/memory.h"
#include "base/report.h"

/* A file of this name, or otherwise one with this ending; what an optimiser keeps, and adapters, never are meant. */
struct choice {
    const char *name, *ending;
    int is_rival; /* this choice and the one before it have the same rank */
};

/* The path of the first choice that the directory has; release it with path_release(). If several files match one
 * choice, or choices of the same rank, the failure names two of them. `wanted` describes all choices in a failure. */
sa_status choose_file(const struct allocator *memory, struct report *report, const char *directory,
                      const struct choice *choices, int64_t count, const char *wanted, char **path);

#endif
