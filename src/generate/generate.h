/* One call of sa_generate(): its checked arguments, and its memory.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_GENERATE_H
#define SA_GENERATE_GENERATE_H

#include "generate/model_rules.h"
#include "generate/sampling.h"
#include "generate/session_memory.h"
#include "generate/stop_tokens.h"
#include "text/stop_strings.h"

struct writing {
    sa_ctx *ctx;
    sa_session *session;
    sa_generate_args args;
    sa_sampling sampling;
    struct stop_tokens stops;
    struct stop_strings strings;
    struct model_rules rules;
    int64_t B, V;
    float *logits;          /* [B,V] */
    float *exponentials;    /* [V]   NULL unless log-probabilities are requested */
    struct candidate *work; /* see sampling_work() */
    int32_t *occurrences;   /* [B,V] NULL unless there are penalties */
    int32_t *next;          /* [B]   the last token of the sequence: the input of the next step */
    int64_t *lengths;       /* [B]   1 while a sequence goes on, then 0 */
    char *piece;            /* [piece_bytes] the text of one token, where there are stop strings */
    int64_t piece_bytes;
    struct text_end *ends; /* [B]   where there are stop strings */
    int lost;              /* another thread claimed the context while the callback ran */
};

/* Checks a caller's arguments and takes the memory from the session; in generate_args.c. Context and session are
 * claimed. */
sa_status writing_take(sa_ctx *ctx, sa_session *session, const sa_generate_args *args, struct writing *w);

#endif
