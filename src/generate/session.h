/* What sa_session holds: a decoder's caches.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_H
#define SA_GENERATE_SESSION_H

#include "plan/cache.h"
#include "selfattn_models.h"
#include "stack/encoding.h"

#include <stdatomic.h>

struct sa_session {
    struct allocator memory;
    const struct sa_model *model;
    int64_t B, capacity;
    sa_cache *self;        /* of the tokens so far */
    sa_cache *cross;       /* of the encoder's tokens; NULL where the model has no encoder */
    int64_t source;        /* how many of those there are, padding included; 0: nothing has been encoded */
    int64_t *starts;       /* [B] where the next token of each sequence stands */
    void *generate_memory; /* see generate_memory.h */
    int64_t generate_bytes;
    atomic_flag busy;
};

/* Claims context and session for one call; pair with session_leave(), which returns `status`. */
sa_status session_enter(sa_ctx *ctx, sa_session *session);
sa_status session_leave(sa_ctx *ctx, sa_session *session, sa_status status);

/* The most tokens that a sequence can have, by the model's positions and the session's capacity; INT64_MAX: any number.
 */
int64_t session_most_tokens(const sa_session *session);

#endif
