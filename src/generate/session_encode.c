/* The encoder's states become keys and values that every step of the decoder reads.
 * SPDX-License-Identifier: MIT */
#include "api/forward.h"
#include "base/arith.h"
#include "generate/session.h"
#include "stack/checks.h"

/* Plans a call of layer l without queries, whose context is added to the cache; states NULL: only sizes are asked
 * about. */
static sa_status plan_layer(sa_ctx *ctx, const sa_session *s, const sa_encode_args *e, int64_t l, float *states,
                            struct forward *forward) {
    static float nothing;
    const struct stack_config *c = &s->model->decoder.config;
    sa_forward_args a = {.struct_size = sizeof a, .cache = s->cross, .cache_layer = l, .lengths = e->lengths};
    sa_tensor_set(&a.x, &nothing, SA_F32, SA_BHSD, s->B, 1, 0, c->width);
    sa_tensor_set(&a.y, &nothing, SA_F32, SA_BHSD, s->B, 1, 0, c->width);
    sa_tensor_set(&a.context, states ? states : &nothing, SA_F32, SA_BHSD, s->B, 1, e->tokens, c->context);
    return take_forward(ctx, s->model->decoder.blocks[l].cross, &a, states != NULL, forward);
}

static sa_status plan(sa_ctx *ctx, const sa_session *s, struct encoding *e) {
    struct forward forward;
    int64_t end;
    for (int64_t l = 0; l < s->model->decoder.config.layers; l++) {
        sa_status status = plan_layer(ctx, s, &e->args, l, NULL, &forward);
        if (status != SA_OK) return status;
        if (!checked_add(e->behind, forward.bytes, &end))
            return fail_overflow(&ctx->report, "the size of the scratch memory");
        e->bytes = max_i64(e->bytes, end);
    }
    return SA_OK;
}

static sa_status run(sa_ctx *ctx, sa_session *s, const struct encoding *e) {
    struct forward forward;
    float *states;
    sa_status status = encoding_run(ctx, e, &states);
    for (int64_t l = 0; l < s->model->decoder.config.layers && status == SA_OK; l++) {
        status = plan_layer(ctx, s, &e->args, l, states, &forward);
        if (status == SA_OK) forward_run(&ctx->machine, &forward, (char *)ctx->scratch + e->behind);
    }
    return status;
}

static sa_status check(struct report *report, const sa_session *s, const sa_encode_args *a) {
    if (!s->cross) return fail_lack(report, s->model, "encoder");
    if (a->batch != s->B)
        return fail(report, SA_ERR_SHAPE, "batch is %lld, but the session has %lld sequences", (long long)a->batch,
                    (long long)s->B);
    if (a->targets) return fail(report, SA_ERR_VALUE, "targets is %lld, must be 0", (long long)a->targets);
    return SA_OK;
}

static sa_status encode(sa_ctx *ctx, sa_session *s, const sa_encode_args *args) {
    struct encoding e;
    sa_status status = take_encoding(ctx, s->model, args, 1, &e);
    if (status == SA_OK) status = check(&ctx->report, s, &e.args);
    if (status == SA_OK) status = sa_cache_truncate(s->self, -1, 0);
    if (status == SA_OK) status = sa_cache_truncate(s->cross, -1, 0);
    if (status == SA_OK) status = plan(ctx, s, &e);
    if (status == SA_OK) status = context_reserve(ctx, e.bytes);
    if (status != SA_OK) return status;
    blas_enter();
    status = run(ctx, s, &e);
    blas_leave();
    s->source = status == SA_OK ? e.args.tokens : 0;
    return status;
}

sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args) {
    sa_status status = session_enter(ctx, session);
    return status == SA_OK ? session_leave(ctx, session, encode(ctx, session, args)) : status;
}
