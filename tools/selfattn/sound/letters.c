/* SPDX-License-Identifier: MIT */
#include "sound/letters.h"

#include "exit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hears_letters(const struct engine *e) {
    return sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) == 1 && !sa_model_get(e->model, SA_MODEL_DECODER) &&
           sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS) == 1;
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
    if (!json_object_size(json)) failure("%s: vocab.json names no letters", model);
    json_decref(json);
}

struct letters letters_open(const struct engine *e, const char *model) {
    const int64_t pad = sa_model_get(e->model, SA_MODEL_PAD_TOKEN);
    struct letters l = {.waves = waves_read(model, 1), .blank = pad < 0 ? 0 : (int32_t)pad};
    read_vocabulary(e, model, &l);
    return l;
}

void letters_free(struct letters *l) {
    for (int64_t i = 0; i < l->count; i++) free(l->text[i]);
    free(l->text);
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

/* Samples between one frame and the next. */
static int64_t samples_per_frame(const struct engine *e) {
    int64_t first = 1, second;
    while (sa_model_feature_tokens(e->model, first) < 1) first++;
    for (second = first + 1; sa_model_feature_tokens(e->model, second) < 2;) second++;
    return second - first;
}

/* Logits of some frames of samples that are heard alone: `frames` ones from `from` on. */
static void hear_window(const struct letters *l, const struct engine *e, const float *samples, int64_t count,
                        int64_t from, int64_t frames, float *logits) {
    const int64_t all = sa_model_feature_tokens(e->model, count);
    float *heard = allocate((size_t)(all * l->count), sizeof *heard), *copy = allocate((size_t)count, sizeof *copy);
    memcpy(copy, samples, (size_t)count * sizeof *copy);
    waves_prepare(&l->waves, copy, count);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .features = copy, .feature_width = count, .logits = heard};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    memcpy(logits, heard + from * l->count, (size_t)(frames * l->count) * sizeof *logits);
    free(copy);
    free(heard);
}

/* Windows overlap. Of the frames that two windows hear, each window gives those that are farther from its end; so does
 * Transformers' pipeline with chunk_length_s 30. */
static void hear(const struct letters *l, const struct engine *e, const float *samples, int64_t count, int64_t frames,
                 float *logits) {
    enum { SECONDS = 30, BESIDE = 5 };
    const int64_t per_frame = samples_per_frame(e), window = SECONDS * l->waves.rate / per_frame,
                  beside = BESIDE * l->waves.rate / per_frame, step = window - 2 * beside;
    if (count <= window * per_frame || beside < 1) {
        hear_window(l, e, samples, count, 0, frames, logits);
        return;
    }
    for (int64_t begin = 0, done = 0; done < frames; begin += step) {
        const int64_t left = count - begin * per_frame, is_last = left <= window * per_frame,
                      end = is_last ? frames : begin + window - beside;
        hear_window(l, e, samples + begin * per_frame, is_last ? left : window * per_frame, done - begin, end - done,
                    logits + done * l->count);
        done = end;
    }
}

char *letters_hear(const struct letters *l, const struct engine *e, const float *samples, int64_t count) {
    const int64_t frames = sa_model_feature_tokens(e->model, count);
    int64_t found;
    if (frames < 1) return allocate(1, 1);
    float *logits = allocate((size_t)frames, (size_t)l->count * sizeof *logits);
    int32_t *ids = allocate((size_t)frames, sizeof *ids);
    hear(l, e, samples, count, frames, logits);
    if (sa_ctc_decode(logits, frames, l->count, l->blank, ids, NULL, frames, &found) != SA_OK)
        failure("pad_token_id is %d, must be 0 to %lld", (int)l->blank, (long long)l->count - 1);
    char *text = spell(l, ids, found);
    free(ids);
    free(logits);
    return text;
}
