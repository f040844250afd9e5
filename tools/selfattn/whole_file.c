/* SPDX-License-Identifier: MIT */
#include "whole_file.h"

#include "exit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct whole_file whole_file_begin(const char *path) {
    struct stat facts;
    if (!stat(path, &facts) && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
        failure("%s is not a regular file", path); /* it would be replaced by one */
    struct whole_file f = {.path = path, .temporary = allocate(strlen(path) + 8, 1)};
    snprintf(f.temporary, strlen(path) + 8, "%s.XXXXXX", path);
    const int descriptor = mkstemp(f.temporary);
    f.stream = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!f.stream) failure("%s cannot be written: %s", path, strerror(errno));
    return f;
}

/* mkstemp() makes a file for its owner alone; this one gets the rights that any new file has. */
static int give_rights(int descriptor) {
    const mode_t mask = umask(0);
    umask(mask);
    return !fchmod(descriptor, 0666 & ~mask);
}

long long whole_file_end(struct whole_file *f, int fine) {
    const int descriptor = fileno(f->stream);
    fine = fine && !fflush(f->stream) && !ferror(f->stream) && give_rights(descriptor) && !fsync(descriptor);
    const long long bytes = fine ? ftell(f->stream) : 0;
    fine = !fclose(f->stream) && fine && !rename(f->temporary, f->path);
    if (!fine) {
        const int error = errno;
        unlink(f->temporary);
        failure("%s cannot be written: %s", f->path, strerror(error));
    }
    free(f->temporary);
    *f = (struct whole_file){0};
    return bytes;
}
