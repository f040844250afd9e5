/* SPDX-License-Identifier: MIT */
#include "show/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void grid_titles(struct grid *g, const char *const titles[], int count) {
    grid_row(g);
    for (int i = 0; i < count; i++) grid_cell(g, "%s", titles[i]);
}

void grid_row(struct grid *g) {
    if (g->rows < GRID_ROWS) g->rows++;
    g->column = 0;
}

void grid_cell(struct grid *g, const char *format, ...) {
    if (!g->rows || g->column >= GRID_COLUMNS) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(g->cell[g->rows - 1][g->column++], GRID_TEXT, format, arguments);
    va_end(arguments);
    if (g->rows == 1) g->columns = g->column;
}

/* Characters of UTF-8, each one column wide. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; text++) width += (*text & 0xc0) != 0x80;
    return width;
}

static int widest(const struct grid *g, int column) {
    int width = 3; /* of the line below the heading */
    for (int row = 0; row < g->rows; row++)
        if (width_of(g->cell[row][column]) > width) width = width_of(g->cell[row][column]);
    return width;
}

/* The first column to the left, numbers to the right. */
static void print_cell(const struct grid *g, int row, int column) {
    const char *text = g->cell[row][column];
    const int gap = widest(g, column) - width_of(text);
    if (column == 0)
        printf("| %s%*s ", text, gap, "");
    else
        printf("| %*s%s ", gap, "", text);
}

void grid_print(const struct grid *g) {
    char line[GRID_TEXT];
    memset(line, '-', sizeof line);
    for (int row = 0; row < g->rows; row++) {
        for (int column = 0; column < g->columns; column++) print_cell(g, row, column);
        printf("|\n");
        if (row > 0) continue;
        for (int column = 0; column < g->columns; column++)
            printf("|%.*s%s", widest(g, column) + 1, line, column ? ":" : "-");
        printf("|\n");
    }
}
