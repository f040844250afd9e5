/* One call of sa_transcribe(): its checked arguments, its memory, and where it stands.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SPEECH_TRANSCRIPTION_H
#define SA_SPEECH_TRANSCRIPTION_H

#include "generate/session_memory.h"
#include "speech/speech.h"

struct transcription {
    sa_ctx *ctx;
    sa_session *session;
    sa_transcribe_args args;
    const struct sa_speech *speech;
    int times;        /* whether tokens of time are written */
    int64_t most;     /* tokens of a sequence, prompt included */
    int64_t most_new; /* new tokens of a window */
    int32_t language; /* index; -1: not known before a window has speech, or the model knows English alone */
    int64_t first;    /* the sample at which the window begins */
    int has_begun;    /* a window had sound: what args.beginning says is written */
    int stopped;      /* a callback asked to end the call */
    int lost;         /* another thread claimed the context while a callback ran */

    float *features;     /* [bins][frames] */
    float *logits;       /* [V] */
    float *exponentials; /* [V] */
    int32_t *prompt;     /* [most] */
    int32_t *ids;        /* [most] the window's new tokens */
    int32_t *text;       /* [most] tokens of one segment */
    int32_t *earlier;    /* [most] the last tokens before this window, for the next prompt */
    int64_t earlier_count;
};

/* What a window became. */
struct heard {
    int64_t count;    /* samples of the window */
    int64_t next;     /* the sample at which the next one begins */
    int32_t kind;     /* SA_WINDOW_ */
    int32_t language; /* index, or -1 */
    int64_t tokens;   /* new tokens in ids */
    double mean;      /* of their log-probabilities */
    double no_speech; /* probability */
};

/* Checks a caller's arguments and takes the memory from the session; in transcribe_args.c. Context and session are
 * claimed. */
sa_status transcription_take(sa_ctx *ctx, sa_session *session, const sa_transcribe_args *args, struct transcription *t);

/* The most tokens of earlier text that a prompt may have. */
int64_t transcription_earlier_room(const struct transcription *t);

/* Puts tokens behind those of earlier windows and forgets the oldest where there is no room. */
void transcription_remember(struct transcription *t, const int32_t *ids, int64_t count);

/* Writes the window at t->first: features, encoder, prompt, tokens; in listen.c. heard->next is the window's end. */
sa_status transcription_listen(struct transcription *t, struct heard *heard);

/* Calls the callbacks for a window, and finds where the next one begins; in segments.c. */
sa_status transcription_tell(struct transcription *t, struct heard *heard);

#endif
