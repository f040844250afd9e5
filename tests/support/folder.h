/* A temporary folder with files in it.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include <stddef.h>

struct folder {
    char path[300];
};

/* A new, empty folder; a failure ends the test. */
struct folder folder_make(void);

/* Writes a file; the text form takes a NUL-terminated string. */
void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t size);
void folder_write_text(const struct folder *folder, const char *name, const char *text);

/* The path of a file in it, in a static buffer. */
const char *folder_path(const struct folder *folder, const char *name);

void folder_remove_file(const struct folder *folder, const char *name);

/* A new folder in it, whose files have its name and a slash in front of theirs. */
void folder_make_inner(const struct folder *folder, const char *name);

/* Removes the folder with its files and the folders in it. */
void folder_remove(const struct folder *folder);

/* The bytes of a file, one NUL behind them; free() them. A failure ends the test. */
char *file_bytes(const char *path, size_t *size);

#endif
