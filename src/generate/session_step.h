/* A step appends tokens to the sequences of a session. Its plan is kept in the session, so a step of the same kind as
 * the one before only moves data.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_STEP_H
#define SA_GENERATE_SESSION_STEP_H

#include "stack/pass.h"

/* The numbers that the plan of a step depends on. */
struct step_kind {
    struct machine machine;
    int64_t tokens; /* 0: nothing is planned yet */
    int64_t keys;   /* the longest sequence with the new tokens, rounded up as plan_keys() allows */
    int64_t source;
    int attention, cross_attention, logits, logits_all; /* whether they are requested */
};

struct step_plan {
    struct step_kind kind;
    struct pass_plan pass;
    struct ledger outputs; /* of what follows the pass where that shares its scratch memory, in bytes from there: */
    int64_t last;          /* float [B][E]  states of each sequence's last token */
    int64_t logits;        /* float [B][V]  their logits, where some sequences have no token */
    int64_t work;          /* the scratch memory of the output's projection */
};

/* Runs args->tokens tokens per sequence. Context and session are claimed and the args known to be good, by
 * session_check() or by how they were made; whether there is room for the tokens, and that the model knows their ids,
 * is checked here. Where that, or memory, is missing, or the call is cancelled, the sequences stay as they were. */
sa_status session_step(sa_ctx *ctx, sa_session *session, const sa_session_args *args);

#endif
