/* SPDX-License-Identifier: MIT */
#include "file/mapped_file.h"

#include "file/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static sa_status map(struct report *report, const char *path, int descriptor, struct mapped_file *file) {
    struct stat facts;
    if (fstat(descriptor, &facts)) return fail_path(report, path, "cannot be examined");
    if (!S_ISREG(facts.st_mode)) return fail(report, SA_ERR_FILE, "%.200s: is not a regular file", path);
    file->size = facts.st_size;
    if (file->size == 0) return SA_OK;
    if ((int64_t)(size_t)file->size != file->size)
        return fail(report, SA_ERR_OVERFLOW, "%.200s: %lld bytes do not fit into this host's addresses", path,
                    (long long)file->size);
    void *bytes = mmap(NULL, (size_t)file->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) return fail_path(report, path, "cannot be mapped");
    file->bytes = bytes;
    return SA_OK;
}

/* The last component of the path. If it is too long, its end is kept, which has the ending and differs between
 * shards. */
static void set_name(struct mapped_file *file, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const size_t length = strlen(name), room = sizeof file->name - 1;
    const int is_cut = length > room;
    snprintf(file->name, sizeof file->name, "%s%s", is_cut ? "..." : "", is_cut ? name + length - room + 3 : name);
}

sa_status file_map(struct report *report, const char *path, struct mapped_file *file) {
    *file = (struct mapped_file){0};
    set_name(file, path);
    /* O_NONBLOCK: if the path is a pipe, do not wait for a writer. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return fail_path(report, path, "cannot be opened");
    sa_status status = map(report, path, descriptor, file);
    close(descriptor);
    return status;
}

void file_unmap(struct mapped_file *file) {
    if (file->bytes) munmap((void *)file->bytes, (size_t)file->size);
    *file = (struct mapped_file){0};
}
