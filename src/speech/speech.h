/* The contents of sa_speech: what generation_config.json says about how a model of speech writes. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SPEECH_SPEECH_H
#define SA_SPEECH_SPEECH_H

#include "model/model.h"
#include "sound/mel.h"

enum { LANGUAGE_CODE = 12, MOST_LANGUAGES = 1000, MOST_SUPPRESSED = 100000 };

struct language {
    int32_t token;
    char code[LANGUAGE_CODE];
};

/* A list of tokens. */
struct token_list {
    int32_t *id; /* [count] */
    int64_t count;
};

struct sa_speech {
    struct allocator memory;
    const struct sa_model *model;
    sa_mel *mel;
    int64_t V;
    int32_t start, end;           /* tokens that begin and end a text */
    int32_t no_times, first_time; /* "<|notimestamps|>", and the token of 0 s */
    int32_t no_speech, earlier;   /* "<|nospeech|>", and "<|startofprev|>" before text of the past */
    int32_t tasks[2];             /* by SA_TASK_; -1: the model has no such token */
    int64_t latest_first_time;    /* the first time is at most this many steps; -1: any */
    struct language *language;    /* [languages] by token */
    int64_t languages;
    int32_t usual_language; /* index, where nobody asks for one; -1: it is detected */
    struct token_list suppressed, suppressed_first;
};

/* Fills in everything but memory, model and mel from the files in a directory. On failure what is there is left to
 * speech_release(). In speech_file.c. */
sa_status speech_read(sa_ctx *ctx, const char *directory, struct sa_speech *speech);

/* Frees what a speech holds, also a half-made one. */
void speech_release(struct sa_speech *speech);

/* Samples that a step of time stands for. */
int64_t speech_time_step(const struct sa_speech *speech);

/* The language of this code; -1: the model does not know it. */
int32_t speech_find_language(const struct sa_speech *speech, const char *code);

#endif
