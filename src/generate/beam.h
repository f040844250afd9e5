/* One call of sa_beam_search(): its checked arguments, and its memory.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_BEAM_H
#define SA_GENERATE_BEAM_H

#include "generate/model_rules.h"
#include "generate/session_memory.h"
#include "generate/stop_tokens.h"

/* A beam with one more token. */
struct continuation {
    double sum; /* of log-probabilities */
    int64_t from;
    int32_t token;
};

/* The best so far, best first. */
struct continuations {
    struct continuation *best; /* [most] */
    int64_t count, most;
};

struct beam_search {
    sa_ctx *ctx;
    sa_session *session;
    sa_beam_args args;
    struct stop_tokens stops;
    struct model_rules rules;
    int64_t B, V;
    int64_t running;                /* number of beams; they come first */
    int64_t made;                   /* new tokens of each */
    int64_t found;                  /* texts; the best R are in the caller's arrays */
    double *scores;                 /* [B] of texts */
    double *sums;                   /* [B] of running beams */
    int32_t *text, *longer;         /* [B,N] their new tokens, before and after a continuation */
    struct continuations all, open; /* [B] the best of all, and of those that do not end a text */
    float *logits;                  /* [B,V] */
    float *exponentials;            /* [V] */
    int32_t *prompts;               /* [B,T] */
    int32_t *ids;                   /* [B] */
    int64_t *lengths, *from;        /* [B] */
};

/* Checks a caller's arguments and takes the memory from the session; in beam_args.c. Context and session are
 * claimed. */
sa_status beam_search_take(sa_ctx *ctx, sa_session *session, const sa_beam_args *args, struct beam_search *s);

#endif
