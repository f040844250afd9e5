/* Turns the encoder's states into keys and values, which every step of the decoder reads.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "generate/session.h"
#include "stack/checks.h"
#include "stack/model_pass.h"

/* The call of layer l's attention to the encoder: no queries yet, and a context that is added to the cache. */
static struct forward adding_call(const sa_session *s, const sa_encode_args *e, int64_t l, float *states) {
    const int64_t width = s->model->decoder.config.context;
    struct forward f = forward_of(s->model->decoder.blocks[l].cross);
    f.problem.B = s->B, f.problem.S = f.N = e->tokens;
    f.problem.visible = (struct visibility){.align_default = 1};
    f.has_context = 1;
    f.context = (struct view){.data = states, .stride_b = e->tokens * width, .stride_s = width, .stride_d = 1};
    f.cache = s->cross, f.cache_layer = l, f.lengths = e->lengths;
    forward_see_cache(&f);
    return f;
}

/* Plans the layers; as in a pass, all use the plan that needs the most memory. */
static int plan_layers(const struct machine *machine, const sa_session *s, const sa_encode_args *e,
                       struct forward_plan *most) {
    *most = (struct forward_plan){0};
    for (int64_t l = 0; l < s->model->decoder.config.layers; l++) {
        const struct forward f = adding_call(s, e, l, NULL);
        if (!forward_plan_most(machine, &f, most)) return 0;
    }
    return 1;
}

/* Every layer gets its pages before any layer is run. */
static sa_status make_room(struct report *report, const sa_session *s, const sa_encode_args *e) {
    sa_status status = SA_OK;
    for (int64_t l = 0; l < s->cross->layers && status == SA_OK; l++)
        status = cache_make_room(s->cross, l, e->lengths, e->tokens, report);
    return status;
}

static void move_data(const struct machine *machine, const sa_session *s, struct model_pass *m,
                      const struct forward_plan *plan, char *scratch) {
    float *states = model_pass_run(machine, m, scratch);
    for (int64_t l = 0; l < s->model->decoder.config.layers; l++) {
        struct forward f = adding_call(s, &m->args, l, states);
        forward_run(machine, &f, plan, model_pass_shared(m, scratch));
    }
}

static sa_status check(struct report *report, const sa_session *s, const sa_encode_args *a) {
    if (!s->cross) return fail_lack(report, s->model, "encoder");
    if (a->batch != s->B)
        return fail(report, SA_ERR_SHAPE, "batch is %lld, but the session has %lld sequences", (long long)a->batch,
                    (long long)s->B);
    if (a->targets) return fail(report, SA_ERR_VALUE, "targets is %lld, must be 0", (long long)a->targets);
    return SA_OK;
}

static void forget_all(sa_session *s) {
    s->source = 0;
    for (int64_t b = 0; b < s->B; b++) {
        cache_truncate(s->self, b, 0);
        cache_truncate(s->cross, b, 0);
    }
}

sa_status session_encode(sa_ctx *ctx, sa_session *s, const sa_encode_args *args) {
    struct report *report = &ctx->report;
    struct model_pass m;
    struct forward_plan plan;
    sa_status status = model_pass_take(report, s->model, args, 1, &m);
    if (status == SA_OK) status = check(report, s, &m.args);
    if (status != SA_OK) return status;
    forget_all(s);
    const int fits = plan_layers(&ctx->machine, s, &m.args, &plan);
    status = model_pass_plan(ctx, fits ? plan.scratch.bytes : -1, &m);
    if (status == SA_OK) status = context_reserve(ctx, model_pass_bytes(&m));
    if (status == SA_OK) status = make_room(report, s, &m.args);
    if (status != SA_OK) return status;
    blas_enter(ctx->machine.gemm);
    move_data(&ctx->machine, s, &m, &plan, ctx->scratch);
    blas_leave(ctx->machine.gemm);
    status = context_cancelled(ctx);
    if (status == SA_OK)
        s->source = m.args.tokens;
    else
        forget_all(s);
    return status;
}

sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args) {
    sa_status status = session_enter(ctx, session);
    return status == SA_OK ? session_leave(ctx, session, session_encode(ctx, session, args)) : status;
}
