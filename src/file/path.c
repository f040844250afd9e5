/* SPDX-License-Identifier: MIT */
#include "file/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

sa_status fail_path(struct report *report, const char *path, const char *what) {
    const int cause = errno;
    char why[100] = "";
    if (strerror_r(cause, why, sizeof why)) why[0] = 0;
    return fail(report, cause == ENOMEM ? SA_ERR_MEMORY : SA_ERR_FILE, "%.200s: %s: %s", path, what, why);
}

sa_status path_check(struct report *report, const char *path) {
    struct stat facts;
    if (!*path) return fail(report, SA_ERR_FILE, "the path is empty");
    return stat(path, &facts) == 0 ? SA_OK : fail_path(report, path, "cannot be opened");
}

int is_directory(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

int has_ending(const char *name, const char *ending) {
    size_t n = strlen(name), e = strlen(ending);
    return n > e && !strcmp(name + n - e, ending);
}

sa_status path_join(const struct allocator *memory, struct report *report, const char *directory, const char *name,
                    char **path) {
    size_t bytes = strlen(directory) + strlen(name) + 2;
    *path = memory_allocate(memory, (int64_t)bytes, 1);
    if (!*path) return fail_memory(report, (int64_t)bytes, "a path");
    snprintf(*path, bytes, "%s/%s", directory, name);
    return SA_OK;
}

sa_status path_parent(const struct allocator *memory, struct report *report, const char *path, char **directory) {
    const char *slash = strrchr(path, '/'), *from = slash ? path : ".";
    int64_t bytes = slash > path ? slash - path : 1;
    *directory = memory_allocate(memory, bytes + 1, 1);
    if (!*directory) return fail_memory(report, bytes + 1, "a path");
    memcpy(*directory, from, (size_t)bytes);
    return SA_OK;
}

void path_release(const struct allocator *memory, char *path) {
    if (path) memory_release(memory, path, (int64_t)strlen(path) + 1, 1);
}
