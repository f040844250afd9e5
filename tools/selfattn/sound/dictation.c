/* SPDX-License-Identifier: MIT */
#include "sound/dictation.h"

#include "exit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int writes_by_ear(const struct engine *e) {
    return sa_model_get(e->model, SA_MODEL_ENCODER) && sa_model_get(e->model, SA_MODEL_DECODER) &&
           sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) > 0 && !sa_model_get(e->model, SA_MODEL_FEATURE_WIDTH);
}

/* Features that are not the model's end the program. */
static sa_mel *open_mel(const struct engine *e, const char *model) {
    const int64_t bins = sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS);
    sa_mel *mel;
    check(sa_mel_open(e->ctx, model, &mel), e->ctx);
    if (sa_mel_get(mel, SA_MEL_KIND) != SA_MEL_KALDI || sa_mel_get(mel, SA_MEL_WINDOW))
        failure("%s: its preprocessor makes other features than %s models take", model, sa_model_type(e->model));
    if (sa_mel_get(mel, SA_MEL_BINS) != bins)
        failure("%s: its preprocessor makes %lld bins, the model takes %lld", model,
                (long long)sa_mel_get(mel, SA_MEL_BINS), (long long)bins);
    return mel;
}

static int32_t language_token(const struct engine *e, const char *language) {
    char name[64];
    int32_t id;
    snprintf(name, sizeof name, "<lang:%s>", language);
    if (sa_tokenizer_find(e->tokenizer, name, &id) != SA_OK)
        usage_error("--language is \"%s\": the tokenizer has no \"%s\"", language, name);
    return id;
}

/* What the decoder reads before it writes: the token that has to come first is given, too. */
static struct tokens make_prompt(const struct engine *e, const char *model, const char *language) {
    const int64_t start = sa_model_get(e->model, SA_MODEL_START_TOKEN),
                  forced = sa_model_get(e->model, SA_MODEL_FORCED_FIRST_TOKEN);
    struct tokens prompt = {.id = allocate(2, sizeof *prompt.id)};
    if (start < 0) failure("%s: decoder_start_token_id is missing", model);
    prompt.id[prompt.count++] = (int32_t)start;
    if (language)
        prompt.id[prompt.count++] = language_token(e, language);
    else if (forced >= 0)
        prompt.id[prompt.count++] = (int32_t)forced;
    return prompt;
}

struct dictation dictation_open(const struct engine *e, const char *model, const char *language) {
    struct dictation d = {
        .engine = e, .makers = beam_defaults_read(model, NULL), .prompt = make_prompt(e, model, language)};
    if (!d.makers.beams) d.makers.beams = 1;
    if (sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) == 1) {
        d.waves = waves_read(model, 0);
        d.rate = d.waves.rate;
    } else {
        d.mel = open_mel(e, model);
        d.rate = sa_mel_get(d.mel, SA_MEL_RATE);
    }
    const sa_session_config config = {.struct_size = sizeof config, .batch = d.makers.beams};
    check(sa_session_create(e->ctx, e->model, &config, &d.session), e->ctx);
    return d;
}

void dictation_close(struct dictation *d) {
    sa_session_destroy(&d->session);
    sa_mel_destroy(&d->mel);
    free(d->prompt.id);
}

static double energy_of(const float *samples, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)samples[i] * (double)samples[i];
    return sum;
}

/* A place is 0.2 s long, the next one 0.01 s farther; of equally quiet ones the last is taken. */
int64_t dictation_piece(const struct dictation *d, const float *samples, int64_t count) {
    enum { LEAST_SECONDS = 20, MOST_SECONDS = 30, PLACES_PER_SECOND = 100, LONG = 20 };
    const int64_t most = MOST_SECONDS * d->rate, step = d->rate < PLACES_PER_SECOND ? 1 : d->rate / PLACES_PER_SECOND,
                  length = LONG * step;
    if (count <= most || length > (MOST_SECONDS - LEAST_SECONDS) * d->rate) return count < most ? count : most;
    int64_t quietest = most - length;
    double least = HUGE_VAL;
    for (int64_t at = LEAST_SECONDS * d->rate; at + length <= most; at += step) {
        const double energy = energy_of(samples + at, length);
        if (energy > least) continue;
        least = energy;
        quietest = at;
    }
    return quietest + length / 2;
}

/* The frames or samples that the model gets of these samples. */
static int64_t width_of(const struct dictation *d, int64_t count) {
    return d->mel ? sa_mel_frames(d->mel, count) : count;
}

/* Every beam hears the same. */
static void encode(const struct dictation *d, const float *samples, int64_t count) {
    const struct engine *e = d->engine;
    const int64_t beams = d->makers.beams, width = width_of(d, count),
                  size = width * sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS);
    float *features = allocate((size_t)(beams * size), sizeof *features);
    if (d->mel) {
        check(sa_mel_features(e->ctx, d->mel, samples, count, features, width), e->ctx);
    } else {
        memcpy(features, samples, (size_t)count * sizeof *features);
        waves_prepare(&d->waves, features, count);
    }
    for (int64_t b = 1; b < beams; b++) memcpy(features + b * size, features, (size_t)size * sizeof *features);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = beams, .features = features, .feature_width = width};
    check(sa_session_encode(e->ctx, d->session, &args), e->ctx);
    free(features);
}

/* The most tokens behind the prompt. Moonshine repeats itself without a limit: its model card has this one. */
static int64_t most_tokens(const struct dictation *d, int64_t count) {
    static const double TOKENS_PER_SECOND = 6.5;
    enum { USUAL = 200 };
    const struct beam_defaults *m = &d->makers;
    const int64_t prompt = d->prompt.count;
    const int64_t most =
        most_new_tokens(m->max_new_tokens ? m->max_new_tokens : USUAL, m->max_new_tokens ? 0 : m->max_length, prompt);
    if (d->mel) return most;
    const int64_t heard = most_new_tokens(1, (int)((double)count * TOKENS_PER_SECOND / (double)d->rate), prompt);
    return heard < most ? heard : most;
}

static void write_one(const struct dictation *d, int64_t most, struct tokens *t) {
    const sa_generate_args args = {
        .struct_size = sizeof args, .max_tokens = most, .generated = t->id, .counts = &t->count, .model_rules = 1};
    check(sa_generate(d->engine->ctx, d->session, &args), d->engine->ctx);
}

static void write_best(const struct dictation *d, int64_t most, struct tokens *t) {
    const sa_beam_args args = {.struct_size = sizeof args,
                               .tokens = d->prompt.count,
                               .ids = d->prompt.id,
                               .max_tokens = most,
                               .results = 1,
                               .length_penalty = d->makers.has_penalty ? d->makers.length_penalty : 1,
                               .generated = t->id,
                               .counts = &t->count,
                               .model_rules = 1,
                               .early_stopping = d->makers.early_stopping};
    check(sa_beam_search(d->engine->ctx, d->session, &args), d->engine->ctx);
}

/* Without the spaces at its ends. */
static char *trimmed(char *text) {
    const size_t front = strspn(text, " ");
    size_t length = strlen(text) - front;
    memmove(text, text + front, length + 1);
    while (length && text[length - 1] == ' ') text[--length] = 0;
    return text;
}

struct dictated dictation_hear(const struct dictation *d, const float *samples, int64_t count) {
    const struct engine *e = d->engine;
    const int64_t most = most_tokens(d, count);
    struct dictated said = {.tokens.id = allocate((size_t)most, sizeof *said.tokens.id)};
    if (sa_model_feature_tokens(e->model, width_of(d, count)) > 0) {
        encode(d, samples, count);
        (d->makers.beams > 1 ? write_best : write_one)(d, most, &said.tokens);
        struct tokens ends = engine_end_tokens(e), *t = &said.tokens;
        if (t->count && tokens_have(&ends, t->id[t->count - 1])) t->count--;
        free(ends.id);
    }
    said.text = trimmed(engine_text(e, e->tokenizer, said.tokens.id, said.tokens.count));
    return said;
}

void dictated_free(struct dictated *dictated) {
    free(dictated->tokens.id);
    free(dictated->text);
}
