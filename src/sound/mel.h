/* The contents of sa_mel, and its run within another call. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SOUND_MEL_H
#define SA_SOUND_MEL_H

#include "api/context.h"
#include "selfattn_models.h"
#include "sound/fft.h"
#include "sound/filters.h"

struct sa_mel {
    struct allocator memory;
    sa_mel_config config; /* with defaults filled in */
    double *taper;        /* [frame] what the samples of a frame are multiplied by */
    struct filters filters;
    struct fft fft; /* of a frame, with Kaldi's rules of the next power of two */
};

/* Makes a mel from numbers as the caller gives them, and from preprocessor_config.json. Context claimed. */
sa_status mel_make(sa_ctx *ctx, const sa_mel_config *config, sa_mel **mel);
sa_status mel_open(sa_ctx *ctx, const char *path, sa_mel **mel);

/* Checks samples and computes features as sa_mel_features() does; the context is claimed, the pointers and frames are
 * known to be good. `first` is the number that failures give the first sample. *loudest is the largest logarithm, with
 * Whisper's rules MEL_SILENCE where there is no energy at all. */
sa_status mel_run(sa_ctx *ctx, const sa_mel *mel, const float *samples, int64_t first, int64_t count, float *features,
                  int64_t frames, float *loudest);

/* With Whisper's rules log10 of the least power that is told from none. */
#define MEL_SILENCE (-10.0f)

#endif
