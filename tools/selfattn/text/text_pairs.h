/* Two texts as one input of a model that compares them: classifiers of inference, rerankers.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_TEXT_PAIRS_H
#define TOOLS_TEXT_TEXT_PAIRS_H

#include "engine.h"

/* Logits [SA_MODEL_OUTPUTS] of a pair, whose longer text is cut where the model reads no more. A failure ends the
 * program. */
void text_pair_logits(const struct engine *engine, const char *first, const char *second, float *logits);

#endif
