/* The picture of one word in one layer: a line in the head's colour to each word that a head looks at, and below, a row
 * of weights per head.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_ARCS_H
#define TOOLS_PICTURE_ARCS_H

#include "text/reading.h"

/* `word` is the position of the word that looks. A failure ends the program. */
void arcs_draw(const struct reading *reading, int64_t layer, int64_t word, int no_special, const char *text,
               const char *file);

#endif
