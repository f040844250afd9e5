/* The handle of the rules of speech.
 * SPDX-License-Identifier: MIT */
#include "speech/speech.h"

#include "file/path.h"
#include "stack/checks.h"

#include <string.h>

int64_t speech_time_step(const struct sa_speech *s) {
    return s->mel->config.window / sa_model_get(s->model, SA_MODEL_FEATURE_TOKENS);
}

int32_t speech_find_language(const struct sa_speech *s, const char *code) {
    for (int64_t i = 0; i < s->languages; i++)
        if (!strcmp(s->language[i].code, code)) return (int32_t)i;
    return -1;
}

static sa_status check_model(struct report *report, const sa_model *model) {
    const struct model_config *c = &model->config;
    if (!model->encoder.config.name || model->encoder.config.input.kind != INPUT_SOUND)
        return fail_lack(report, model, "sound as its input");
    if (!model->decoder.config.name || word_logits(model) < 1) return fail_lack(report, model, "decoder with logits");
    if (c->start_token < 0 || c->start_token >= word_logits(model))
        return fail(report, SA_ERR_FORMAT, "decoder_start_token_id is %lld, must be 0 to %lld",
                    (long long)c->start_token, (long long)word_logits(model) - 1);
    if (c->end_token_count < 1 || c->end_tokens[0] >= word_logits(model))
        return fail(report, SA_ERR_FORMAT, "eos_token_id is missing, or no token below %lld",
                    (long long)word_logits(model));
    return SA_OK;
}

/* The features have to be those that the model takes. */
static sa_status check_features(struct report *report, const struct sa_speech *s) {
    const int64_t bins = sa_model_get(s->model, SA_MODEL_FEATURE_CHANNELS),
                  frames = sa_model_get(s->model, SA_MODEL_FEATURE_WIDTH),
                  tokens = sa_model_get(s->model, SA_MODEL_FEATURE_TOKENS);
    const sa_mel_config *c = &s->mel->config;
    if (c->kind != SA_MEL_WHISPER)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "preprocessor_config.json makes Kaldi's filter banks; sa_transcribe() has the rules of Whisper");
    if (c->bins != bins || c->window / c->step != frames)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "preprocessor_config.json makes %lld frames of %lld bins, the model takes %lld of %lld",
                    (long long)(c->window / c->step), (long long)c->bins, (long long)frames, (long long)bins);
    if (c->window < tokens)
        return fail(report, SA_ERR_UNSUPPORTED, "a window of %lld samples is too short for the model's %lld tokens",
                    (long long)c->window, (long long)tokens);
    return SA_OK;
}

void speech_release(struct sa_speech *s) {
    sa_mel_destroy(&s->mel);
    memory_release(&s->memory, s->language, s->languages, sizeof *s->language);
    memory_release(&s->memory, s->suppressed.id, s->suppressed.count, sizeof *s->suppressed.id);
    memory_release(&s->memory, s->suppressed_first.id, s->suppressed_first.count, sizeof *s->suppressed_first.id);
}

static sa_status read_all(sa_ctx *ctx, const char *directory, struct sa_speech *s) {
    sa_status status = mel_open(ctx, directory, &s->mel);
    if (status == SA_OK) status = check_features(&ctx->report, s);
    return status == SA_OK ? speech_read(ctx, directory, s) : status;
}

static sa_status open_speech(sa_ctx *ctx, const sa_model *model, const char *path, sa_speech **speech) {
    struct report *report = &ctx->report;
    char *parent = NULL;
    if (!speech) return fail_null(report, "speech");
    if (!model) return fail_null(report, "model");
    if (!path) return fail_null(report, "path");
    struct sa_speech s = {.memory = ctx->memory, .model = model, .V = word_logits(model)};
    sa_status status = check_model(report, model);
    if (status == SA_OK) status = path_check(report, path);
    if (status == SA_OK && !is_directory(path)) status = path_parent(&s.memory, report, path, &parent);
    if (status == SA_OK) status = read_all(ctx, parent ? parent : path, &s);
    path_release(&s.memory, parent);
    if (status == SA_OK && !(*speech = memory_allocate(&s.memory, 1, sizeof s)))
        status = fail_memory(report, sizeof s, "rules of speech");
    if (status == SA_OK)
        **speech = s;
    else
        speech_release(&s);
    return status;
}

sa_status sa_speech_open(sa_ctx *ctx, const sa_model *model, const char *path, sa_speech **speech) {
    if (speech) *speech = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, open_speech(ctx, model, path, speech)) : status;
}

void sa_speech_destroy(sa_speech **speech) {
    if (!speech || !*speech) return;
    struct allocator memory = (*speech)->memory;
    speech_release(*speech);
    memory_release(&memory, *speech, 1, sizeof **speech);
    *speech = NULL;
}

const sa_mel *sa_speech_mel(const sa_speech *speech) {
    return speech ? speech->mel : NULL;
}

const char *sa_speech_language(const sa_speech *speech, int32_t index) {
    return speech && index >= 0 && index < speech->languages ? speech->language[index].code : NULL;
}
