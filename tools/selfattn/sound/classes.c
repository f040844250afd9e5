/* SPDX-License-Identifier: MIT */
#include "sound/classes.h"

#include "exit.h"
#include "sound/sound.h"
#include "sound/waves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A spectrogram by rules of its own, which the library takes for an image of one channel. */
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
    const struct waves waves = waves_read(model);
    struct sound sound = sound_read(file, waves.rate);
    if (sa_model_feature_tokens(e->model, sound.count) < 1)
        failure("%s: %.3f s of sound are too short for this model", file, sound.seconds);
    waves_prepare(&waves, sound.samples, sound.count);
    classify(e, sound.samples, sound.count, logits);
    sound_free(&sound);
}

/* The first window of it. */
static void classify_mel(const struct engine *e, const char *model, const char *file, float *logits) {
    sa_mel *mel;
    check(sa_mel_open(e->ctx, model, &mel), e->ctx);
    const int64_t bins = sa_mel_get(mel, SA_MEL_BINS), window = sa_mel_get(mel, SA_MEL_WINDOW),
                  frames = window / sa_mel_get(mel, SA_MEL_STEP), rate = sa_mel_get(mel, SA_MEL_RATE);
    if (bins != sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) ||
        frames != sa_model_get(e->model, SA_MODEL_FEATURE_WIDTH))
        failure("%s: preprocessor_config.json makes %lld frames of %lld bins, the model takes others", model,
                (long long)frames, (long long)bins);
    struct sound sound = sound_read(file, rate);
    if (sound.count > window)
        fprintf(stderr, "%s: only the first %g s are heard\n", file, (double)window / (double)rate);
    float *features = allocate((size_t)(bins * frames), sizeof *features);
    check(sa_mel_features(e->ctx, mel, sound.samples, sound.count < window ? sound.count : window, features, frames),
          e->ctx);
    classify(e, features, 0, logits);
    free(features);
    sound_free(&sound);
    sa_mel_destroy(&mel);
}

void classes_hear(const struct engine *e, const char *model, const char *file, float *logits) {
    if (is_spectrogram(e))
        failure("%s: this %s model takes a spectrogram that is not computed here", model, sa_model_type(e->model));
    if (sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) == 1)
        classify_waves(e, model, file, logits);
    else
        classify_mel(e, model, file, logits);
}
