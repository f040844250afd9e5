/* A file that appears as a whole or not at all.
 * SPDX-License-Identifier: MIT */
#ifndef SA_WRITE_FILE_H
#define SA_WRITE_FILE_H

#include "base/memory.h"
#include "base/report.h"

#include <stdio.h>

struct new_file {
    struct allocator memory;
    FILE *stream;
    const char *path; /* where it will stand */
    char *temporary;  /* where it stands until then */
    int64_t bytes;    /* of temporary */
};

/* Opens a file of a new name beside `path`, which has to outlive it. On failure it is left closed. */
sa_status new_file_open(const struct allocator *memory, struct report *report, const char *path, struct new_file *file);

sa_status new_file_put(struct report *report, struct new_file *file, const void *bytes, int64_t count);

/* Gives it its name; or removes it, if `status`, which is returned, is a failure. */
sa_status new_file_close(struct report *report, struct new_file *file, sa_status status);

#endif
