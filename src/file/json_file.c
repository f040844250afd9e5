/* SPDX-License-Identifier: MIT */
#include "file/json_file.h"

#include "file/mapped_file.h"
#include "file/path.h"

#include <unistd.h>

/* `name` is what failures call the file; NULL: the last component of its path. */
static sa_status read_as(struct report *report, const char *path, const char *name, json_type type, json_t **value) {
    struct mapped_file file;
    *value = NULL;
    sa_status status = file_read(NULL, report, path, JSON_MOST_BYTES, &file);
    const struct json_source source = {report, name ? name : file.name};
    if (status == SA_OK) status = json_parse_as(&source, file.bytes, file.size, type, value);
    file_close(&file);
    return status;
}

sa_status json_file_read(struct report *report, const char *path, json_t **object) {
    return read_as(report, path, NULL, JSON_OBJECT, object);
}

static sa_status read_beside(const struct allocator *memory, struct report *report, const char *directory,
                             const char *name, int may_be_missing, json_type type, json_t **value) {
    char *path = NULL;
    *value = NULL;
    sa_status status = path_join(memory, report, directory, name, &path);
    if (status == SA_OK && (!may_be_missing || access(path, F_OK) == 0))
        status = read_as(report, path, name, type, value);
    path_release(memory, path);
    return status;
}

sa_status json_file_beside(const struct allocator *memory, struct report *report, const char *directory,
                           const char *name, int may_be_missing, json_t **object) {
    return read_beside(memory, report, directory, name, may_be_missing, JSON_OBJECT, object);
}

sa_status json_array_beside(const struct allocator *memory, struct report *report, const char *directory,
                            const char *name, json_t **array) {
    return read_beside(memory, report, directory, name, 1, JSON_ARRAY, array);
}
