/* Texts that belong together: one file's, or those of all files of a folder.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_TEXTS_H
#define TOOLS_TEXT_TEXTS_H

#include <stdint.h>

struct texts {
    int64_t count;
    char **text;    /* [count] as text_file_read() has them */
    int64_t *bytes; /* [count] */
};

/* The text of a file, "-" is standard input. What text_file_read() does not take ends the program. */
struct texts texts_of_file(const char *file);

/* The same; if `path` is a folder, the texts of all files that crawl_folder(path, but) finds, in its order. What is
 * left out is told of on stderr, and how much is read; a folder without a text ends the program. */
struct texts texts_of(const char *path, const char *but);

void texts_free(struct texts *texts);

#endif
