/* The picture of a translation: which words of the source each new word looked at.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_TRANSLATION_MAP_H
#define TOOLS_PICTURE_TRANSLATION_MAP_H

#include "text/rewriting.h"

/* The weights are those of the decoder's cross-attention in one layer (NOT_GIVEN: the last one) and head (NOT_GIVEN:
 * the mean of all). A failure ends the program. */
void translation_map_draw(const struct rewriting *rewriting, const struct tokens *source, const struct tokens *begin,
                          const struct rewritten *written, int layer, int head, const char *file);

#endif
