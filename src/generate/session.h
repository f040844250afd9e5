/* The contents of sa_session: a decoder's caches, and the plan of its steps.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_H
#define SA_GENERATE_SESSION_H

#include "api/context.h"
#include "generate/session_step.h"
#include "plan/cache.h"

#include <stdatomic.h>

struct sa_session {
    struct allocator memory;
    const struct sa_model *model;
    int64_t B, capacity;
    sa_cache *self;        /* of the tokens so far */
    sa_cache *cross;       /* of the encoder's tokens; NULL where the model has no encoder */
    int64_t source;        /* number of the encoder's tokens, padding included; 0: nothing has been encoded */
    int64_t *starts;       /* [B] position of the next token of each sequence */
    struct step_plan plan; /* of the last step */
    void *work;            /* memory of generation, see session_memory.h */
    int64_t work_bytes;
    char *note; /* [note_bytes] what the caller put into the file that it was loaded from */
    int64_t note_bytes;
    atomic_flag busy;
};

/* Claims context and session for one call; pair with session_leave(), which returns `status`. */
sa_status session_enter(sa_ctx *ctx, sa_session *session);
sa_status session_leave(sa_ctx *ctx, sa_session *session, sa_status status);

/* Releases the session, but not the context. */
void session_give_back(sa_session *session);

/* sa_session_create() with the context claimed. */
sa_status session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config, sa_session **session);

/* The most tokens of a sequence: limited by the model's positions and the session's capacity; INT64_MAX: any number.
 * */
int64_t session_most_tokens(const sa_session *session);

/* Checks sa_session_args, except for what a step checks itself. In session_run.c. */
sa_status session_check(struct report *report, const sa_session *session, const sa_session_args *args);

/* sa_session_encode() with context and session claimed. In session_encode.c. */
sa_status session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args);

/* Makes a sequence a copy of another, or all sequences copies of from[b]. The session is claimed, and the numbers are
 * checked. */
sa_status session_fork(struct report *report, sa_session *session, int64_t from, int64_t to);
sa_status session_reorder(struct report *report, sa_session *session, const int64_t *from);

#endif
