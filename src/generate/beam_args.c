/* The rules of sa_beam_args.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "generate/beam.h"

#include <math.h>
#include <stddef.h>

static sa_status check_prompt(struct report *report, const sa_beam_args *a, const struct search *s) {
    if (a->tokens < 0) return fail(report, SA_ERR_VALUE, "tokens is %lld", (long long)a->tokens);
    if (a->tokens && !a->ids) return fail_null(report, "ids");
    if (!a->tokens && a->ids) return fail(report, SA_ERR_VALUE, "tokens is 0, but ids is given");
    if (!a->tokens && sa_model_get(s->session->model, SA_MODEL_START_TOKEN) < 0)
        return fail(report, SA_ERR_VALUE, "tokens is 0, but the model names no token that a text begins with");
    return SA_OK;
}

static sa_status check_outputs(struct report *report, const sa_beam_args *a, const struct search *s) {
    int64_t outputs;
    if (a->max_tokens < 1)
        return fail(report, SA_ERR_VALUE, "max_tokens is %lld, must be at least 1", (long long)a->max_tokens);
    if (a->results < 1 || a->results > s->B)
        return fail(report, SA_ERR_VALUE, "results is %lld, must be 1 to the session's %lld sequences",
                    (long long)a->results, (long long)s->B);
    if (!isfinite(a->length_penalty))
        return fail(report, SA_ERR_VALUE, "length_penalty is %g, must be finite", a->length_penalty);
    if (!checked_mul(s->B, a->max_tokens, &outputs) || !checked_mul(outputs, sizeof(int32_t), &outputs))
        return fail(report, SA_ERR_OVERFLOW, "%lld beams of max_tokens %lld do not fit an address", (long long)s->B,
                    (long long)a->max_tokens);
    if (!a->generated) return fail_null(report, "generated");
    if (!a->counts) return fail_null(report, "counts");
    if (s->V < 1) return fail(report, SA_ERR_UNSUPPORTED, "the model has no logits to choose tokens by");
    return SA_OK;
}

/* Cuts the arrays; returns the bytes that they take. */
static int64_t cut_memory(struct search *s, char *block) {
    const sa_beam_args *a = &s->args;
    struct cutter c = {block, 0};
    int64_t rows, prompts;
    if (!checked_mul(s->B, s->V, &rows) || !checked_mul(s->B, a->tokens ? a->tokens : 1, &prompts)) return -1;
    s->scores = cut(&c, a->results, sizeof *s->scores);
    s->sums = cut(&c, s->B, sizeof *s->sums);
    s->text = cut(&c, s->B * a->max_tokens, sizeof *s->text);
    s->longer = cut(&c, s->B * a->max_tokens, sizeof *s->longer);
    s->best = (struct steps){.step = cut(&c, s->B, sizeof *s->best.step), .most = s->B};
    s->next = (struct steps){.step = cut(&c, s->B, sizeof *s->next.step), .most = s->B};
    s->logits = cut(&c, rows, sizeof *s->logits);
    s->exponentials = cut(&c, s->V, sizeof *s->exponentials);
    s->prompts = cut(&c, prompts, sizeof *s->prompts);
    s->ids = cut(&c, s->B, sizeof *s->ids);
    s->lengths = cut(&c, s->B, sizeof *s->lengths);
    s->from = cut(&c, s->B, sizeof *s->from);
    s->stops = stop_tokens_take(s->session->model, a->stop_tokens, a->stop_token_count, &c);
    return c.bytes;
}

sa_status search_take(sa_ctx *ctx, sa_session *session, const sa_beam_args *args, struct search *s) {
    struct report *report = &ctx->report;
    if (!session) return fail_null(report, "session");
    if (!args) return fail_null(report, "args");
    *s = (struct search){.ctx = ctx, .session = session, .B = sa_session_batch(session), .running = 1};
    s->V = sa_model_get(session->model, SA_MODEL_OUTPUTS);
    sa_beam_args *a = &s->args;
    sa_status status = take_struct(report, "sa_beam_args", args, a, sizeof *a, offsetof(sa_beam_args, scores));
    if (a->results == 0) a->results = 1;
    if (status == SA_OK) status = check_prompt(report, a, s);
    if (status == SA_OK) status = check_outputs(report, a, s);
    if (status == SA_OK) status = stop_tokens_check(report, a->stop_tokens, a->stop_token_count);
    if (status == SA_OK) status = generate_reserve(report, session, cut_memory(s, NULL));
    if (status == SA_OK) cut_memory(s, session->generate_memory);
    return status;
}
