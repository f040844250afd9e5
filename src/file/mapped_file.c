/* SPDX-License-Identifier: MIT */
#include "file/mapped_file.h"

#include "file/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static sa_status map(struct report *report, const char *path, int descriptor, struct mapped_file *file) {
    void *bytes = mmap(NULL, (size_t)file->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) return fail_path(report, path, "cannot be mapped");
    file->bytes = bytes;
    return SA_OK;
}

static sa_status copy(struct report *report, const char *path, int descriptor, struct mapped_file *file) {
    enum { AT_ONCE = 1 << 30 };
    char *bytes = memory_allocate(&file->memory, file->size, 1);
    if (!bytes) return fail_memory(report, file->size, "the bytes of a file");
    file->bytes = (unsigned char *)bytes;
    for (int64_t at = 0; at < file->size;) {
        const int64_t rest = file->size - at;
        const ssize_t n = read(descriptor, bytes + at, (size_t)(rest < AT_ONCE ? rest : AT_ONCE));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_path(report, path, "cannot be read");
        if (n == 0)
            return fail(report, SA_ERR_FILE, "%.200s: had %lld bytes and ends at %lld: it has become shorter", path,
                        (long long)file->size, (long long)at);
        at += n;
    }
    return SA_OK;
}

/* The size of a regular file. */
static sa_status examine(struct report *report, const char *path, int descriptor, int64_t most, int64_t *size) {
    struct stat facts;
    if (fstat(descriptor, &facts)) return fail_path(report, path, "cannot be examined");
    if (!S_ISREG(facts.st_mode)) return fail(report, SA_ERR_FILE, "%.200s: is not a regular file", path);
    *size = facts.st_size;
    if (*size > most)
        return fail(report, SA_ERR_FORMAT, "%.200s: has %lld bytes, at most %lld are accepted", path, (long long)*size,
                    (long long)most);
    if ((int64_t)(size_t)*size == *size) return SA_OK;
    return fail(report, SA_ERR_OVERFLOW, "%.200s: %lld bytes do not fit into this host's addresses", path,
                (long long)*size);
}

/* The last component of the path. If it is too long, its end is kept, which has the ending and differs between
 * shards. */
static void set_name(struct mapped_file *file, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const size_t length = strlen(name), room = sizeof file->name - 1;
    const int is_cut = length > room;
    snprintf(file->name, sizeof file->name, "%s%s", is_cut ? "..." : "", is_cut ? name + length - room + 3 : name);
}

static sa_status open_file(struct report *report, const char *path, int64_t most, struct mapped_file *file) {
    set_name(file, path);
    /* O_NONBLOCK: if the path is a pipe, do not wait for a writer. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return fail_path(report, path, "cannot be opened");
    sa_status status = examine(report, path, descriptor, most, &file->size);
    if (status == SA_OK && file->size)
        status = file->memory.allocate ? copy(report, path, descriptor, file) : map(report, path, descriptor, file);
    close(descriptor);
    if (status != SA_OK) file_close(file);
    return status;
}

sa_status file_map(struct report *report, const char *path, struct mapped_file *file) {
    *file = (struct mapped_file){0};
    return open_file(report, path, INT64_MAX, file);
}

sa_status file_read(const struct allocator *memory, struct report *report, const char *path, int64_t most,
                    struct mapped_file *file) {
    *file = (struct mapped_file){.memory = memory ? *memory : default_allocator};
    return open_file(report, path, most, file);
}

void file_close(struct mapped_file *file) {
    if (file->bytes && file->memory.allocate)
        memory_release(&file->memory, (void *)file->bytes, file->size, 1);
    else if (file->bytes)
        munmap((void *)file->bytes, (size_t)file->size);
    *file = (struct mapped_file){0};
}
