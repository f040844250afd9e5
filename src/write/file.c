/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_CLOEXEC */
#include "write/file.h"

#include "file/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a name that nobody else takes: the process, and a number. */
enum { MOST_ENDING = 32, MOST_TRIES = 1000 };

static void forget(struct new_file *f) {
    memory_release(&f->memory, f->temporary, f->bytes, 1);
    *f = (struct new_file){0};
}

/* A device or a pipe in that place would be replaced by a file. */
static sa_status check_place(struct report *report, const char *path) {
    struct stat facts;
    if (stat(path, &facts) || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode)) return SA_OK;
    return fail(report, SA_ERR_FILE, "%.200s: is not a regular file", path);
}

/* The file has the rights that any new file has. mkstemp() makes one for its owner alone, and what other files would
 * get cannot be asked without umask(), which changes it for all threads. */
static int open_new(const struct new_file *f) {
    int descriptor = -1;
    for (int n = 0; n < MOST_TRIES && descriptor < 0; n++) {
        snprintf(f->temporary, (size_t)f->bytes, "%s.%ld-%d", f->path, (long)getpid(), n);
        descriptor = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) break;
    }
    return descriptor;
}

sa_status new_file_open(const struct allocator *memory, struct report *report, const char *path, struct new_file *f) {
    const int64_t length = (int64_t)strlen(path);
    *f = (struct new_file){0};
    sa_status status = check_place(report, path);
    if (status != SA_OK) return status;
    *f = (struct new_file){.memory = *memory, .path = path, .bytes = length + MOST_ENDING};
    f->temporary = memory_allocate(memory, f->bytes, 1);
    if (!f->temporary) return fail_memory(report, f->bytes, "a path");
    const int descriptor = open_new(f);
    if (descriptor >= 0 && !(f->stream = fdopen(descriptor, "wb"))) {
        close(descriptor);
        unlink(f->temporary);
    }
    if (f->stream) return SA_OK;
    forget(f);
    return fail_path(report, path, "cannot be written");
}

sa_status new_file_put(struct report *report, struct new_file *f, const void *bytes, int64_t count) {
    if (!count || fwrite(bytes, (size_t)count, 1, f->stream) == 1) return SA_OK;
    return fail_path(report, f->path, "cannot be written");
}

sa_status new_file_close(struct report *report, struct new_file *f, sa_status status) {
    const int descriptor = fileno(f->stream);
    int fine = status != SA_OK || (!fflush(f->stream) && !fsync(descriptor));
    if (!fine) status = fail_path(report, f->path, "cannot be written");
    fine = !fclose(f->stream) && status == SA_OK && !rename(f->temporary, f->path);
    if (!fine && status == SA_OK) status = fail_path(report, f->path, "cannot be written");
    if (!fine) unlink(f->temporary);
    forget(f);
    return status;
}
