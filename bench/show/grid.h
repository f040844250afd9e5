/* A table of text whose columns line up, as Markdown.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SHOW_GRID_H
#define BENCH_SHOW_GRID_H

enum { GRID_ROWS = 64, GRID_COLUMNS = 16, GRID_TEXT = 112 };

struct grid {
    int rows, columns; /* the first row is the heading and decides how many columns there are */
    int column;        /* where the next cell of the last row belongs */
    char cell[GRID_ROWS][GRID_COLUMNS][GRID_TEXT];
};

/* Sets the heading. */
void grid_titles(struct grid *grid, const char *const titles[], int count);

/* Begins the next row. Cells that are not set stay empty. */
void grid_row(struct grid *grid);

/* Sets the next cell of the row. */
void grid_cell(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

void grid_print(const struct grid *grid);

#endif
