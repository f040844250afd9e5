/* JSON files that stand beside others.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_JSON_FILE_H
#define SA_FILE_JSON_FILE_H

#include "base/memory.h"
#include "file/json.h"

/* Reads a file; json_decref() the object. On failure it is NULL. */
sa_status json_file_read(struct report *report, const char *path, json_t **object);

/* Reads the file of this name in a directory. If it is missing and may be, *object becomes NULL. The name may have a
 * folder in front. */
sa_status json_file_beside(const struct allocator *memory, struct report *report, const char *directory,
                           const char *name, int may_be_missing, json_t **object);

/* The same of a file whose outermost value is an array; it may be missing. */
sa_status json_array_beside(const struct allocator *memory, struct report *report, const char *directory,
                            const char *name, json_t **array);

#endif
