/* The picture of a text that a model has written: which earlier words each new word was written from.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_WRITING_MAP_H
#define TOOLS_PICTURE_WRITING_MAP_H

#include "engine.h"

/* Layers and heads that the model does not have are a mistake of the command line. */
void writing_map_check(const struct engine *engine, int layer, int head);

/* `all` are the tokens of the prompt, `first` of them, and those that were written. layer and head may be NOT_GIVEN:
 * the mean of all. A failure ends the program. */
void writing_map_draw(const struct engine *engine, const struct tokens *all, int64_t first, int layer, int head,
                      const char *text, const char *file);

#endif
