/* A new file that appears under its name complete or not at all.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_WHOLE_FILE_H
#define TOOLS_WHOLE_FILE_H

#include <stdio.h>

struct whole_file {
    const char *path;
    char *temporary; /* its name until it is complete */
    FILE *stream;    /* to write to */
};

/* What cannot be written ends the program, here and at the end; then nothing is left of the file. */
struct whole_file whole_file_begin(const char *path);

/* Gives the file its name, in place of one that has it. `fine`: whether all that was written to the stream could be;
 * errors that the stream itself remembers count too. Returns the number of bytes. */
long long whole_file_end(struct whole_file *file, int fine);

#endif
