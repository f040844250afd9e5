/* Whisper-tiny on a recording, token for token. Skipped where the weights or the recording are absent.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/paths.h"
#include "support/recording.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct heard {
    const json_t *want;
    sa_ctx *ctx;
    const sa_tokenizer *tokenizer;
    int windows, segments;
};

static int32_t hear_window(void *user, const sa_speech_window *w) {
    struct heard *h = user;
    const json_t *ids = json_object_get(h->want, "ids");
    cr_assert_eq((size_t)w->tokens, json_array_size(ids));
    for (int64_t i = 0; i < w->tokens; i++)
        cr_expect_eq(w->ids[i], json_integer_value(json_array_get(ids, (size_t)i)), "token %d", (int)i);
    h->windows++;
    return 0;
}

static int32_t hear_segment(void *user, const sa_speech_segment *s) {
    struct heard *h = user;
    char text[1000];
    int64_t bytes;
    const char *want = json_string_value(json_object_get(h->want, "text"));
    cr_assert_eq(sa_tokenizer_decode(h->ctx, h->tokenizer, s->ids, s->count, text, sizeof text, &bytes), SA_OK);
    cr_expect_eq((size_t)bytes, strlen(want));
    cr_expect_arr_eq(text, want, strlen(want));
    cr_expect_eq(s->begin, 0);
    if (strstr(json_string_value(json_object_get(h->want, "ids_of")), "with_times")) cr_expect_eq(s->end, 10.5);
    h->segments++;
    return 0;
}

static void expect_text(struct heard *h, sa_session *session, sa_transcribe_args *a, json_t *reference,
                        const char *mode, int32_t times) {
    int32_t found = 1; /* not English */
    float probabilities[99];
    json_t *want = json_object_get(reference, mode);
    const json_t *language = json_object_get(reference, "language");
    json_object_set_new(want, "ids_of", json_string(mode));
    h->want = want, h->windows = h->segments = 0;
    a->times = times, a->language_found = &found, a->language_probabilities = probabilities;
    cr_assert_eq(sa_transcribe(h->ctx, session, a), SA_OK, "%s", sa_ctx_last_error(h->ctx));
    cr_expect_eq(h->windows, 1);
    cr_expect_eq(h->segments, 1);
    cr_assert_str_eq(sa_speech_language(a->speech, found), "en");
    cr_expect_float_eq((double)probabilities[found],
                       json_number_value(json_array_get(json_object_get(language, "probabilities"), 0)), 1e-4);
}

Test(references, whisper_tiny) {
    int64_t count;
    const char *folder = model_folder("SELFATTN_WHISPER", "whisper", "model.safetensors");
    float *samples = recording_read(shared_path("audio/jfk.wav"), &count);
    json_t *reference = json_of(shared_path("models/whisper/reference.json"));
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *tokenizer;
    sa_model *model;
    sa_speech *speech;
    sa_session *session;
    cr_assert(sa_tokenizer_open(ctx, folder, &tokenizer) == SA_OK && sa_model_open(ctx, folder, &model) == SA_OK &&
                  sa_speech_open(ctx, model, folder, &speech) == SA_OK &&
                  sa_session_create(ctx, model, NULL, &session) == SA_OK,
              "%s", sa_ctx_last_error(ctx));
    struct heard h = {.ctx = ctx, .tokenizer = tokenizer};
    sa_transcribe_args a = {.struct_size = sizeof a,
                            .speech = speech,
                            .samples = samples,
                            .count = count,
                            .on_segment = hear_segment,
                            .on_window = hear_window,
                            .user = &h};
    expect_text(&h, session, &a, reference, "without_timestamps", SA_TIMES_AUTO);
    expect_text(&h, session, &a, reference, "with_timestamps", SA_TIMES_ALWAYS);
    sa_session_destroy(&session);
    sa_speech_destroy(&speech);
    sa_model_destroy(&model);
    sa_tokenizer_destroy(&tokenizer);
    sa_ctx_destroy(&ctx);
    json_decref(reference);
    free(samples);
}
