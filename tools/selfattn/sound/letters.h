/* Models that hear letters: an encoder of sound whose tokens are classified, as wav2vec 2.0 (connectionist temporal
 * classification).
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOUND_LETTERS_H
#define TOOLS_SOUND_LETTERS_H

#include "engine.h"
#include "sound/waves.h"

#include <jansson.h>

/* What preprocessor_config.json and vocab.json say. */
struct letters {
    struct waves waves;
    int32_t blank;
    int64_t count;
    char **text; /* [count] "" for tokens that are no text */
};

/* Whether the model is of that kind. */
int hears_letters(const struct engine *engine);

/* Reads the files in a model's directory; a failure ends the program. */
struct letters letters_open(const struct engine *engine, const char *model);
void letters_free(struct letters *letters);

/* What is heard in samples [count]; free() it. Too few samples are heard as nothing; more than 30 s in windows. */
char *letters_hear(const struct letters *letters, const struct engine *engine, const float *samples, int64_t count);

#endif
