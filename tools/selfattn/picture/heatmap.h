/* The picture of one map of weights: words along both axes, and how much each word at the left looks at each word
 * above.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_HEATMAP_H
#define TOOLS_PICTURE_HEATMAP_H

#include "text/reading.h"

struct heatmap {
    const struct reading *reading;
    int64_t layer, head;
    int64_t word;  /* position of a word to point out, or -1 */
    int64_t first; /* rows begin with this word; cells to the right of a row's own word are not drawn unless it is 0 */
    int apart;     /* rows are the words from `first` on, columns those before it: a text and what was made of it */
    int no_special;
    const char *title, *text, *note; /* large, quiet, and small below */
};

/* A failure ends the program. */
void heatmap_draw(const struct heatmap *heatmap, const char *file);

#endif
