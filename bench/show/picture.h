/* Files that a command leaves behind: numbers as CSV, and pictures of them by gnuplot.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SHOW_PICTURE_H
#define BENCH_SHOW_PICTURE_H

#include <stdio.h>

/* A path in a directory. */
struct path {
    char text[4096];
};
struct path path_in(const char *directory, const char *name);

/* Makes a directory unless it is there. 0, or a complaint was made, here and below. */
int directory_make(const char *directory);

/* A file to write to; NULL: a complaint was made. */
FILE *file_create(const char *path);
int file_finish(FILE *file, const char *path);

/* Draws DIRECTORY/NAME.png and DIRECTORY/NAME.svg by plots/SCRIPT, which sees as ARG1 the CSV, as ARG2 the picture, as
 * ARG3 "png" or "svg", and then `more` (a NULL ends them; at most 5). Says on stderr what it has drawn. */
int pictures_draw(const char *script, const char *csv, const char *directory, const char *name,
                  const char *const more[]);

#endif
