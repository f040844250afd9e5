/* Columns of text on a terminal, and JSON on standard output.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <jansson.h>
#include <stdint.h>

/* The larger of `width` and the number of terminal columns that the UTF-8 text takes. */
int wider(int width, const char *text);

/* Prints the text and blanks up to `width` columns. */
void print_padded(const char *text, int width);

/* Prints a bar of fraction (0 to 1) of `width` columns. */
void print_bar(float fraction, int width);

/* The text as a JSON string, with U+FFFD for what is not UTF-8: models can write anything. */
json_t *json_text(const char *text);

/* The numbers [count] as an array. */
json_t *json_numbers(const int32_t *numbers, int64_t count);

/* Prints the value with a line end and releases it. */
void print_json(json_t *value);

/* The same on one line. */
void print_json_line(json_t *value);

#endif
