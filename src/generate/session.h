/* What sa_session holds: a decoder's caches, and what has been decided about its steps.
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
    int64_t source;        /* how many of those there are, padding included; 0: nothing has been encoded */
    int64_t *starts;       /* [B] where the next token of each sequence stands */
    struct step_plan plan; /* of the last step */
    void *work;            /* what generation works in, see session_memory.h */
    int64_t work_bytes;
    atomic_flag busy;
};

/* Claims context and session for one call; pair with session_leave(), which returns `status`. */
sa_status session_enter(sa_ctx *ctx, sa_session *session);
sa_status session_leave(sa_ctx *ctx, sa_session *session, sa_status status);

/* Gives the session back alone. */
void session_give_back(sa_session *session);

/* The most tokens that a sequence can have, by the model's positions and the session's capacity; INT64_MAX: any number.
 */
int64_t session_most_tokens(const sa_session *session);

/* The rules of sa_session_args: everything but what a step checks itself. In session_run.c. */
sa_status session_check(struct report *report, const sa_session *session, const sa_session_args *args);

/* A sequence becomes a copy of another; or all become copies, from [B]. Of a claimed session, numbers checked. */
sa_status session_fork(struct report *report, sa_session *session, int64_t from, int64_t to);
sa_status session_reorder(struct report *report, sa_session *session, const int64_t *from);

#endif
