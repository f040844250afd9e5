/* SPDX-License-Identifier: MIT */
#include "sound/waves.h"

#include "engine.h"
#include "exit.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Settings that would change the samples are refused. */
static void check_kind(const char *model, const char *file, const json_t *json) {
    static const char known[] = "Wav2Vec2FeatureExtractor";
    const char *type = json_string_value(json_object_get(json, "feature_extractor_type"));
    const json_t *size = json_object_get(json, "feature_size");
    if (type && strcmp(type, known))
        failure("%s: %s: feature_extractor_type is %.60s, supported: %s", model, file, type, known);
    if (size && json_integer_value(size) != 1)
        failure("%s: %s: feature_size is not 1, which the samples of waves are", model, file);
}

struct waves waves_read(const char *model, int may_be_missing) {
    const char *file;
    json_t *json = engine_preparation(model, "feature_extractor", may_be_missing, &file);
    const json_t *rate = json_object_get(json, "sampling_rate"), *normalise = json_object_get(json, "do_normalize");
    const struct waves w = {.rate = rate ? json_integer_value(rate) : 16000,
                            .normalise = !normalise || json_is_true(normalise)};
    check_kind(model, file, json);
    if (w.rate < 1 || w.rate > 1000000)
        failure("%s: %s: sampling_rate is %lld, must be 1 to 1000000", model, file, (long long)w.rate);
    if (normalise && !json_is_boolean(normalise)) failure("%s: %s: do_normalize is no true or false", model, file);
    json_decref(json);
    return w;
}

void waves_prepare(const struct waves *w, float *samples, int64_t count) {
    double sum = 0, squares = 0;
    if (!w->normalise) return;
    for (int64_t i = 0; i < count; i++) sum += (double)samples[i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += ((double)samples[i] - mean) * ((double)samples[i] - mean);
    const double scale = 1 / sqrt(squares / (double)count + 1e-7);
    for (int64_t i = 0; i < count; i++) samples[i] = (float)(((double)samples[i] - mean) * scale);
}
