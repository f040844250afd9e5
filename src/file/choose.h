/* Which of the files in a directory is meant.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_CHOOSE_H
#define SA_FILE_CHOOSE_H

#include "base/memory.h"
#include "base/report.h"

/* A file of this name, or else one with this ending. */
struct choice {
    const char *name, *ending;
    int is_rival; /* neither this choice nor the one before it comes first */
};

/* The path of the first choice that the directory has; release it with path_release(). Several files that are meant by
 * one choice, or by rivals, are refused with the names of two. `wanted` are the words for all choices in a failure. */
sa_status choose_file(const struct allocator *memory, struct report *report, const char *directory,
                      const struct choice *choices, int64_t count, const char *wanted, char **path);

#endif
