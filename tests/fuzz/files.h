/* Files for targets that read them: in a folder of their own in memory, which is removed at exit.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FILES_H
#define TESTS_FUZZ_FILES_H

#include "fuzz/input.h"

/* Makes the folder. */
void files_begin(void);

/* The path of a file in it, or of the folder itself for "", in one of four static buffers. */
const char *files_path(const char *name);

void files_write(const char *name, const void *bytes, size_t size);

/* Removes all files of the folder. */
void files_clear(void);

/* The whole of a file of the project, one NUL behind it; free() it. */
char *files_read(const char *path, size_t *size);

/* The bytes up to the next NUL or to the end, and moves behind them: a file of text. */
struct input take_part(struct input *in);

#endif
