/* The bytes of a file. Mapped: pages that are not read are never loaded, and processes share pages; but if the file
 * becomes shorter, reading what is gone ends the process (SIGBUS). Read: a copy, which nothing can happen to.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_MAPPED_FILE_H
#define SA_FILE_MAPPED_FILE_H

#include "base/memory.h"
#include "base/report.h"

struct mapped_file {
    const unsigned char *bytes; /* NULL where size is 0 */
    int64_t size;
    struct allocator memory; /* of a copy; {0}: the bytes are mapped */
    char name[100];          /* the last component of the path, or its end, for error texts */
};

/* Maps a regular file. A zeroed struct is a file that is not open. */
sa_status file_map(struct report *report, const char *path, struct mapped_file *file);

/* Reads one of at most `most` bytes. `memory` NULL: the C library's. */
sa_status file_read(const struct allocator *memory, struct report *report, const char *path, int64_t most,
                    struct mapped_file *file);

void file_close(struct mapped_file *file);

#endif
