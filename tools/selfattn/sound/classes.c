/* SPDX-License-Identifier: MIT */
#include "sound/classes.h"

#include "exit.h"
#include "sound/sound.h"
#include "sound/waves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A spectrogram, frame by frame, which the library takes for an image of one channel. */
static int is_spectrogram(const struct engine *e) {
    return !strcmp(sa_model_type(e->model), "audio-spectrogram-transformer");
}

int hears_sound(const struct engine *e) {
    const int64_t channels = sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS);
    return is_spectrogram(e) || (channels > 0 && sa_model_get(e->model, SA_MODEL_FEATURE_ROWS) == 0);
}

static void classify(const struct engine *e, const float *features, int64_t width, float *logits) {
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .features = features, .feature_width = width, .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
}

static void classify_waves(const struct engine *e, const char *model, const char *file, float *logits) {
    const struct waves waves = waves_read(model, 1);
    struct sound sound = sound_read(file, waves.rate);
    if (sa_model_feature_tokens(e->model, sound.count) < 1)
        failure("%s: %.3f s of sound are too short for this model", file, sound.seconds);
    waves_prepare(&waves, sound.samples, sound.count);
    classify(e, sound.samples, sound.count, logits);
    sound_free(&sound);
}

/* Features that are not the model's end the program. */
static void check_mel(const struct engine *e, const char *model, const sa_mel *mel) {
    const int64_t kind = is_spectrogram(e) ? SA_MEL_KALDI : SA_MEL_WHISPER, bins = sa_mel_get(mel, SA_MEL_BINS),
                  frames = sa_mel_get(mel, SA_MEL_WINDOW) / sa_mel_get(mel, SA_MEL_STEP);
    if (sa_mel_get(mel, SA_MEL_KIND) != kind)
        failure("%s: its preprocessor makes other features than %s models take", model, sa_model_type(e->model));
    if (bins != sa_model_get(e->model, is_spectrogram(e) ? SA_MODEL_FEATURE_HEIGHT : SA_MODEL_FEATURE_CHANNELS) ||
        frames != sa_model_get(e->model, SA_MODEL_FEATURE_WIDTH))
        failure("%s: its preprocessor makes %lld frames of %lld bins, the model takes others", model, (long long)frames,
                (long long)bins);
}

/* The most samples that make so many frames. */
static int64_t most_samples(const sa_mel *mel, int64_t frames) {
    const int64_t step = sa_mel_get(mel, SA_MEL_STEP), end = frames * step;
    return sa_mel_get(mel, SA_MEL_KIND) == SA_MEL_KALDI ? end - step + sa_mel_get(mel, SA_MEL_FRAME) : end;
}

/* The first window of it. */
static void classify_mel(const struct engine *e, const char *model, const char *file, float *logits) {
    sa_mel *mel;
    check(sa_mel_open(e->ctx, model, &mel), e->ctx);
    check_mel(e, model, mel);
    const int64_t bins = sa_mel_get(mel, SA_MEL_BINS), rate = sa_mel_get(mel, SA_MEL_RATE),
                  frames = sa_mel_get(mel, SA_MEL_WINDOW) / sa_mel_get(mel, SA_MEL_STEP),
                  most = most_samples(mel, frames);
    struct sound sound = sound_read(file, rate);
    if (is_spectrogram(e) && sa_mel_frames(mel, sound.count) < 1)
        failure("%s: %.3f s of sound are too short for this model", file, sound.seconds);
    if (sound.count > most) fprintf(stderr, "%s: only the first %g s are heard\n", file, (double)most / (double)rate);
    float *features = allocate((size_t)(bins * frames), sizeof *features);
    check(sa_mel_features(e->ctx, mel, sound.samples, sound.count < most ? sound.count : most, features, frames),
          e->ctx);
    classify(e, features, 0, logits);
    free(features);
    sound_free(&sound);
    sa_mel_destroy(&mel);
}

void classes_hear(const struct engine *e, const char *model, const char *file, float *logits) {
    if (sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) == 1 && !is_spectrogram(e))
        classify_waves(e, model, file, logits);
    else
        classify_mel(e, model, file, logits);
}
