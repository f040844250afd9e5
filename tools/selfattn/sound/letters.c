/* SPDX-License-Identifier: MIT */
#include "sound/letters.h"

#include "exit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hears_letters(const struct engine *e) {
    return sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) == 1 && !sa_model_get(e->model, SA_MODEL_DECODER) &&
           sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS) == 1;
}

static void read_settings(const char *model, struct letters *l) {
    json_t *json = engine_json_beside(model, "preprocessor_config.json", 1);
    const json_t *rate = json_object_get(json, "sampling_rate"), *normalise = json_object_get(json, "do_normalize");
    l->rate = rate ? json_integer_value(rate) : 16000;
    l->normalise = !normalise || json_is_true(normalise);
    if (l->rate < 1 || l->rate > 1000000)
        failure("%s: preprocessor_config.json: sampling_rate is %lld, must be 1 to 1000000", model, (long long)l->rate);
    json_decref(json);
}

/* "|" stands between words, and what is in <> is no text. */
static char *text_of(const char *token) {
    const size_t length = strlen(token);
    char *text = allocate(length + 1, 1);
    if (!(length > 1 && token[0] == '<' && token[length - 1] == '>')) strcpy(text, token);
    if (!strcmp(text, "|")) text[0] = ' ';
    return text;
}

static void read_vocabulary(const struct engine *e, const char *model, struct letters *l) {
    const char *token;
    json_t *number, *json = engine_json_beside(model, "vocab.json", 0);
    l->count = sa_model_get(e->model, SA_MODEL_OUTPUTS);
    l->text = allocate((size_t)l->count, sizeof *l->text);
    json_object_foreach(json, token, number) {
        const json_int_t id = json_integer_value(number);
        if (!json_is_integer(number) || id < 0 || id >= l->count || l->text[id])
            failure("%s: vocab.json: \"%s\" has no number of its own from 0 to %lld", model, token,
                    (long long)l->count - 1);
        l->text[id] = text_of(token);
    }
    json_decref(json);
}

struct letters letters_open(const struct engine *e, const char *model) {
    const int64_t pad = sa_model_get(e->model, SA_MODEL_PAD_TOKEN);
    struct letters l = {.blank = pad < 0 ? 0 : (int32_t)pad};
    read_settings(model, &l);
    read_vocabulary(e, model, &l);
    return l;
}

void letters_free(struct letters *l) {
    for (int64_t i = 0; i < l->count; i++) free(l->text[i]);
    free(l->text);
}

static void normalise(float *samples, int64_t count) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)samples[i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += ((double)samples[i] - mean) * ((double)samples[i] - mean);
    const double scale = 1 / sqrt(squares / (double)count + 1e-7);
    for (int64_t i = 0; i < count; i++) samples[i] = (float)(((double)samples[i] - mean) * scale);
}

static char *spell(const struct letters *l, const int32_t *ids, int64_t count) {
    size_t bytes = 1;
    for (int64_t i = 0; i < count; i++)
        if (l->text[ids[i]]) bytes += strlen(l->text[ids[i]]);
    char *text = allocate(bytes, 1), *end = text;
    for (int64_t i = 0; i < count; i++)
        if (l->text[ids[i]]) end = stpcpy(end, l->text[ids[i]]);
    return text;
}

char *letters_hear(const struct letters *l, const struct engine *e, float *samples, int64_t count) {
    const int64_t frames = sa_model_feature_tokens(e->model, count);
    int64_t found;
    if (frames < 1) return allocate(1, 1);
    if (l->normalise) normalise(samples, count);
    float *logits = allocate((size_t)frames, (size_t)l->count * sizeof *logits);
    int32_t *ids = allocate((size_t)frames, sizeof *ids);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .features = samples, .feature_width = count, .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    if (sa_ctc_decode(logits, frames, l->count, l->blank, ids, NULL, frames, &found) != SA_OK)
        failure("pad_token_id is %d, must be 0 to %lld", (int)l->blank, (long long)l->count - 1);
    char *text = spell(l, ids, found);
    free(ids);
    free(logits);
    return text;
}
