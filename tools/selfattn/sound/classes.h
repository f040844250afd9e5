/* Classifiers that hear sound: an encoder of waves (wav2vec 2.0, HuBERT) or of log-mel features (Whisper's, AST).
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOUND_CLASSES_H
#define TOOLS_SOUND_CLASSES_H

#include "engine.h"

/* Whether the model hears sound. */
int hears_sound(const struct engine *engine);

/* The logits of a recording's classes [SA_MODEL_OUTPUTS]. A failure ends the program. */
void classes_hear(const struct engine *engine, const char *model, const char *file, float *logits);

#endif
