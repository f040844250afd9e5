/* sa_session_run(), and the rules of its arguments.
 * SPDX-License-Identifier: MIT */
#include "generate/session.h"
#include "stack/checks.h"

#include <stddef.h>

sa_status session_check(struct report *report, const sa_session *s, const sa_session_args *a) {
    sa_status status = check_tokens(report, "tokens", a->tokens, 0);
    if (status == SA_OK) status = check_token_counts(report, "lengths", a->lengths, s->B, 0, a->tokens);
    if (status != SA_OK) return status;
    if (!a->ids) return fail_null(report, "ids");
    if (s->cross && !s->source) return fail(report, SA_ERR_VALUE, "nothing has been encoded: see sa_session_encode()");
    if (a->cross_attention && !s->cross) return fail_lack(report, s->model, "cross-attention");
    if ((a->logits || a->logits_all) && !s->model->output.weights) return fail_lack(report, s->model, "logits");
    if (a->types && !s->model->decoder.config.input.types) return fail_lack(report, s->model, "types");
    return SA_OK;
}

static sa_status take_and_step(sa_ctx *ctx, sa_session *session, const sa_session_args *args) {
    struct report *report = &ctx->report;
    sa_session_args a;
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_session_args", args, &a, sizeof a, offsetof(sa_session_args, lengths));
    if (status == SA_OK) status = session_check(report, session, &a);
    return status == SA_OK ? session_step(ctx, session, &a) : status;
}

sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args) {
    sa_status status = session_enter(ctx, session);
    return status == SA_OK ? session_leave(ctx, session, take_and_step(ctx, session, args)) : status;
}
