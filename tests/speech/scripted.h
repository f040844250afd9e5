/* A small Whisper that writes a script: which token is most probable depends on the place in the sequence alone.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SPEECH_SCRIPTED_H
#define TESTS_SPEECH_SCRIPTED_H

#include "selfattn_models.h"
#include "support/folder.h"

#include <stdint.h>

/* Its tokens, and its sound: 100 samples per second, windows of 160 samples in 20 frames; a step of time is 16 samples.
 */
enum {
    TEXT = 10, /* tokens 0 .. 39 are text */
    END = 40,
    START,
    FIRST_LANGUAGE, /* "en", "de", "ja" */
    TRANSLATE = FIRST_LANGUAGE + 3,
    TRANSCRIBE,
    LANGUAGE_MODEL,
    EARLIER,
    NO_SPEECH,
    NO_TIMES,
    TIME,
    TIMES = 11,
    VOCABULARY = TIME + TIMES,
    POSITIONS = 32,
    RATE = 100,
    WINDOW = 160,
    TIME_STEP = 16
};

/* Behind the token at this place of the sequence, `token` gets this weight: 1 makes it certain, more makes it win over
 * others. */
struct line {
    int place;
    int32_t token;
    double weight;
};

/* Writes the files of a model with these lines, which end with a weight of 0. `rules` are members of
 * generation_config.json, each with a comma behind it. */
void scripted_write(const struct folder *folder, const struct line *lines, const char *rules);

/* The rules that most tests use. */
extern const char scripted_rules[];

/* A model, its rules and a session. A failure ends the test. */
struct scripted {
    sa_ctx *ctx;
    sa_model *model;
    sa_speech *speech;
    sa_session *session;
};
struct scripted scripted_open(const struct line *lines, const char *rules);
void scripted_close(struct scripted *s);

/* What a call has told so far. */
enum { MOST_TOLD = 40, MOST_IDS = 40 };
struct told {
    int segments, windows;
    sa_speech_segment segment[MOST_TOLD];
    sa_speech_window window[MOST_TOLD];
    int32_t segment_ids[MOST_TOLD][MOST_IDS], window_ids[MOST_TOLD][MOST_IDS];
    int stop_at_segment, stop_at_window; /* the callback of this number, from 1, ends the call; 0: none does */
    const struct scripted *scripted;     /* if set, the callbacks use context and session */
};
int32_t told_segment(void *user, const sa_speech_segment *segment);
int32_t told_window(void *user, const sa_speech_window *window);

/* Arguments for `count` samples of noise, told to `told`. */
sa_transcribe_args scripted_args(const struct scripted *s, struct told *told, int64_t count);

#endif
