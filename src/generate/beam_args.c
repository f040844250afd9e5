/* The rules of sa_beam_args.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "generate/beam.h"

#include <math.h>
#include <stddef.h>

static sa_status check_prompt(struct report *report, const sa_beam_args *a, const struct beam_search *s) {
    if (a->tokens < 0) return fail(report, SA_ERR_VALUE, "tokens is %lld, must be at least 0", (long long)a->tokens);
    if (a->tokens && !a->ids) return fail_null(report, "ids");
    if (!a->tokens && a->ids) return fail(report, SA_ERR_VALUE, "tokens is 0, but ids is given");
    if (!a->tokens && s->session->model->config.start_token < 0)
        return fail(report, SA_ERR_VALUE, "tokens is 0, but the model names no token that a text begins with");
    return SA_OK;
}

static sa_status check_outputs(struct report *report, const sa_beam_args *a, const struct beam_search *s) {
    int64_t outputs;
    if (a->max_tokens < 1)
        return fail(report, SA_ERR_VALUE, "max_tokens is %lld, must be at least 1", (long long)a->max_tokens);
    if (a->results < 1 || a->results > s->B)
        return fail(report, SA_ERR_VALUE, "results is %lld, must be 1 to the session's %lld sequences",
                    (long long)a->results, (long long)s->B);
    if (!isfinite(a->length_penalty))
        return fail(report, SA_ERR_VALUE, "length_penalty is %g, must be finite", a->length_penalty);
    if (a->early_stopping < SA_EARLY_STOPPING_NEVER || a->early_stopping > SA_EARLY_STOPPING_FALSE)
        return fail(report, SA_ERR_VALUE, "early_stopping is %d, which is no SA_EARLY_STOPPING_...",
                    (int)a->early_stopping);
    if (!checked_mul(s->B, a->max_tokens, &outputs) || !checked_mul(outputs, sizeof(int32_t), &outputs))
        return fail(report, SA_ERR_OVERFLOW, "%lld beams of max_tokens %lld do not fit an address", (long long)s->B,
                    (long long)a->max_tokens);
    if (!a->generated) return fail_null(report, "generated");
    if (!a->counts) return fail_null(report, "counts");
    if (s->V < 1) return fail(report, SA_ERR_UNSUPPORTED, "the model has no logits to choose tokens by");
    return SA_OK;
}

static void cut_continuations(struct cutter *c, const char *name, int64_t B, struct continuations *list) {
    *list = (struct continuations){.best = cut(c, name, B, 1, sizeof *list->best), .most = B};
}

/* Places the arrays, and adds up their sizes. */
static struct ledger cut_memory(struct beam_search *s, char *base) {
    const sa_beam_args *a = &s->args;
    struct cutter c = {base, {.title = "beam search"}};
    const int64_t B = s->B;
    s->scores = cut(&c, "scores", B, 1, sizeof *s->scores);
    s->sums = cut(&c, "sums", B, 1, sizeof *s->sums);
    s->text = cut(&c, "text", B, a->max_tokens, sizeof *s->text);
    s->longer = cut(&c, "longer", B, a->max_tokens, sizeof *s->longer);
    cut_continuations(&c, "all continuations", B, &s->all);
    cut_continuations(&c, "open continuations", B, &s->open);
    s->logits = cut(&c, "logits", B, s->V, sizeof *s->logits);
    s->exponentials = cut(&c, "exponentials", s->V, 1, sizeof *s->exponentials);
    s->prompts = cut(&c, "prompts", B, a->tokens ? a->tokens : 1, sizeof *s->prompts);
    s->ids = cut(&c, "ids", B, 1, sizeof *s->ids);
    s->lengths = cut(&c, "lengths", B, 1, sizeof *s->lengths);
    s->from = cut(&c, "from", B, 1, sizeof *s->from);
    s->stops = stop_tokens_take(s->session->model, a->stop_tokens, a->stop_token_count, &c);
    return c.ledger;
}

sa_status beam_search_take(sa_ctx *ctx, sa_session *session, const sa_beam_args *args, struct beam_search *s) {
    struct report *report = &ctx->report;
    if (!args) return fail_null(report, "args");
    *s = (struct beam_search){.ctx = ctx, .session = session, .B = session->B, .running = 1};
    s->V = word_logits(session->model);
    sa_beam_args *a = &s->args;
    sa_status status = take_struct(report, "sa_beam_args", args, a, sizeof *a, offsetof(sa_beam_args, scores));
    if (a->results == 0) a->results = 1;
    if (status == SA_OK) status = check_prompt(report, a, s);
    if (status == SA_OK) status = check_outputs(report, a, s);
    if (status == SA_OK) status = stop_tokens_check(report, s->session->model, a->stop_tokens, a->stop_token_count);
    if (status == SA_OK) status = model_rules_take(report, session->model, a->model_rules, s->V, &s->rules);
    if (status != SA_OK) return status;
    const struct ledger ledger = cut_memory(s, NULL);
    status = session_reserve(report, session, &ledger);
    if (status == SA_OK) cut_memory(s, session->work);
    return status;
}
