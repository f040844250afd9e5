/* Files mapped read-only: pages that are not read are never loaded, and processes share pages.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_MAPPED_FILE_H
#define SA_FILE_MAPPED_FILE_H

#include "base/memory.h"
#include "base/report.h"

struct mapped_file {
    const unsigned char *bytes; /* NULL where size is 0 */
    int64_t size;
    char name[100]; /* the last component of the path, or its end, for error texts */
};

/* Maps a regular file. A zeroed struct is a file that is not mapped. */
sa_status file_map(struct report *report, const char *path, struct mapped_file *file);
void file_unmap(struct mapped_file *file);

#endif
