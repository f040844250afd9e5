/* What a model writes while it learns.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_SAMPLE_H
#define TOOLS_TRAINING_SAMPLE_H

#include "engine.h"

/* Opens the model in a directory and shows how it goes on with a text, or what it writes for it, up to
 * `most` tokens. The engine's tokenizer is the model's. */
void sample_show(const struct engine *engine, const char *model, const char *text, int most);

#endif
