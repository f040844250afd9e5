/* Files, mapped read-only: pages that nobody reads are never loaded, and processes share them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_FILE_H
#define SA_FILE_FILE_H

#include "base/memory.h"
#include "base/report.h"

struct mapped_file {
    const unsigned char *bytes; /* NULL where size is 0 */
    int64_t size;
    char name[64]; /* the last part of the path, for error texts */
};

/* Maps a regular file. A zeroed struct is a file that is not mapped. */
sa_status file_map(struct report *report, const char *path, struct mapped_file *file);
void file_unmap(struct mapped_file *file);

/* 1 if `path` is a directory. */
int is_directory(const char *path);

/* Paths in memory of their own, to be released with path_release(): of two parts, and of the directory that a file is
 * in. */
sa_status path_join(const struct allocator *memory, struct report *report, const char *directory, const char *name,
                    char **path);
sa_status path_parent(const struct allocator *memory, struct report *report, const char *path, char **directory);
void path_release(const struct allocator *memory, char *path);

#endif
