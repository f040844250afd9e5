/* Checks and joins paths of files.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_PATH_H
#define SA_FILE_PATH_H

#include "base/memory.h"
#include "base/report.h"

/* The failure "PATH: WHAT: why the last system call failed": SA_ERR_FILE, or SA_ERR_MEMORY if it was for want of that.
 */
sa_status fail_path(struct report *report, const char *path, const char *what);

/* Whether there is anything at `path`; and whether it is a directory. */
sa_status path_check(struct report *report, const char *path);
int is_directory(const char *path);

/* Whether a name has this ending and something before it. */
int has_ending(const char *name, const char *ending);

/* Allocate a path, to be released with path_release(): `directory` joined with a name; the directory of a file. */
sa_status path_join(const struct allocator *memory, struct report *report, const char *directory, const char *name,
                    char **path);
sa_status path_parent(const struct allocator *memory, struct report *report, const char *path, char **directory);
void path_release(const struct allocator *memory, char *path);

#endif
