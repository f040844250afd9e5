/* Samples as models take them that hear waves (wav2vec 2.0, HuBERT, Moonshine).
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOUND_WAVES_H
#define TOOLS_SOUND_WAVES_H

#include <stdint.h>

/* What preprocessor_config.json says. */
struct waves {
    int64_t rate;
    int normalise; /* samples get mean 0 and variance 1 */
};

/* Reads it beside a model; without the file, where it may be missing, samples are normalised. A failure ends the
 * program. */
struct waves waves_read(const char *model, int may_be_missing);

/* Changes samples [count] as it says. */
void waves_prepare(const struct waves *waves, float *samples, int64_t count);

#endif
