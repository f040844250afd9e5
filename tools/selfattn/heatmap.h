/* The picture of one head: words along both axes, and how much each word at the left looks at each word above.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_HEATMAP_H
#define TOOLS_HEATMAP_H

#include "reading.h"

/* `word` is the position of a word to point out, or -1. A failure ends the program. */
void heatmap_draw(const struct reading *reading, int64_t layer, int64_t head, int64_t word, int no_special,
                  const char *text, const char *file);

#endif
