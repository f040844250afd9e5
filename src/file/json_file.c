/* SPDX-License-Identifier: MIT */
#include "file/json_file.h"

#include "file/mapped_file.h"
#include "file/path.h"

#include <unistd.h>

sa_status json_file_read(struct report *report, const char *path, json_t **object) {
    struct mapped_file file;
    *object = NULL;
    sa_status status = file_map(report, path, &file);
    const struct json_source source = {report, file.name};
    if (status == SA_OK) status = json_parse(&source, file.bytes, file.size, object);
    file_unmap(&file);
    return status;
}

sa_status json_file_beside(const struct allocator *memory, struct report *report, const char *directory,
                           const char *name, int may_be_missing, json_t **object) {
    char *path = NULL;
    *object = NULL;
    sa_status status = path_join(memory, report, directory, name, &path);
    if (status == SA_OK && (!may_be_missing || access(path, F_OK) == 0)) status = json_file_read(report, path, object);
    path_release(memory, path);
    return status;
}
