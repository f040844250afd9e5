/* The rules of sa_generate_args.
 * SPDX-License-Identifier: MIT */
#include "generate/generate.h"

#include "api/context.h"
#include "base/arith.h"
#include "text/tokenizer.h"

#include <stddef.h>

static sa_status check_prompts(struct report *report, const sa_generate_args *a, const struct writing *w) {
    if (a->tokens < 0) return fail(report, SA_ERR_VALUE, "tokens is %lld, must be at least 0", (long long)a->tokens);
    if (a->tokens && !a->ids) return fail_null(report, "ids");
    if (!a->tokens && (a->ids || a->lengths))
        return fail(report, SA_ERR_VALUE, "tokens is 0, but %s is given", a->ids ? "ids" : "lengths");
    if (!a->tokens && w->session->model->config.start_token < 0)
        return fail(report, SA_ERR_VALUE, "tokens is 0, but the model names no token that a text begins with");
    for (int64_t b = 0; a->lengths && b < w->B; b++)
        if (a->lengths[b] < 0 || a->lengths[b] > a->tokens)
            return fail(report, SA_ERR_VALUE, "lengths[%lld] is %lld, must be 0 to tokens = %lld", (long long)b,
                        (long long)a->lengths[b], (long long)a->tokens);
    return SA_OK;
}

static sa_status check_outputs(struct report *report, const sa_generate_args *a, const struct writing *w) {
    int64_t outputs;
    if (a->max_tokens < 1)
        return fail(report, SA_ERR_VALUE, "max_tokens is %lld, must be at least 1", (long long)a->max_tokens);
    if (!checked_mul(w->B, a->max_tokens, &outputs) || !checked_mul(outputs, sizeof(int32_t), &outputs))
        return fail(report, SA_ERR_OVERFLOW, "%lld sequences of max_tokens %lld: the outputs do not fit an address",
                    (long long)w->B, (long long)a->max_tokens);
    if (!a->generated) return fail_null(report, "generated");
    if (!a->counts) return fail_null(report, "counts");
    if (w->V < 1) return fail(report, SA_ERR_UNSUPPORTED, "the model has no logits to choose tokens by");
    return SA_OK;
}

static sa_status check_args(struct report *report, struct writing *w) {
    const sa_generate_args *a = &w->args;
    sa_status status = check_prompts(report, a, w);
    if (status == SA_OK) status = check_outputs(report, a, w);
    if (status == SA_OK) status = sampling_take(report, a->sampling, &w->sampling);
    if (status == SA_OK) status = stop_tokens_check(report, w->session->model, a->stop_tokens, a->stop_token_count);
    if (status == SA_OK && a->reserved)
        status = fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)a->reserved);
    if (status == SA_OK) status = model_rules_take(report, w->session->model, a->model_rules, w->V, &w->rules);
    if (status == SA_OK) status = stop_strings_take(report, a->stop_strings, a->stop_string_count, &w->strings);
    if (status == SA_OK && a->stop_string_count && !a->tokenizer)
        status = fail_null(report, "tokenizer, which stop_strings need,");
    return status;
}

/* Places the arrays, and adds up their sizes. */
static struct ledger cut_memory(struct writing *w, char *base) {
    const sa_generate_args *a = &w->args;
    struct cutter c = {base, {.title = "generate"}};
    const int64_t B = w->B, V = w->V, longest = w->strings.longest;
    w->logits = cut(&c, "logits", B, V, sizeof *w->logits);
    w->exponentials = NULL;
    if (a->on_token || a->log_probabilities) w->exponentials = cut(&c, "exponentials", V, 1, sizeof *w->exponentials);
    w->work = cut(&c, "candidates", sampling_work(&w->sampling, V), 1, sizeof *w->work);
    w->occurrences = NULL;
    if (sampling_has_penalties(&w->sampling)) w->occurrences = cut(&c, "occurrences", B, V, sizeof *w->occurrences);
    w->next = cut(&c, "next", B, 1, sizeof *w->next);
    w->lengths = cut(&c, "lengths", B, 1, sizeof *w->lengths);
    w->piece_bytes = w->strings.count ? tokenizer_piece_bytes(a->tokenizer) : 0;
    w->piece = cut(&c, "piece", w->piece_bytes, 1, 1);
    w->ends = cut(&c, "ends", B, 1, sizeof *w->ends);
    char *bytes = cut(&c, "ends' bytes", B, longest, 1);
    for (int64_t b = 0; base && b < B; b++) w->ends[b] = (struct text_end){bytes + b * longest, 0};
    w->stops = stop_tokens_take(w->session->model, a->stop_tokens, a->stop_token_count, &c);
    return c.ledger;
}

sa_status writing_take(sa_ctx *ctx, sa_session *session, const sa_generate_args *args, struct writing *w) {
    struct report *report = &ctx->report;
    *w = (struct writing){.ctx = ctx, .session = session, .B = session->B};
    if (!args) return fail_null(report, "args");
    w->V = word_logits(session->model);
    sa_status status =
        take_struct(report, "sa_generate_args", args, &w->args, sizeof w->args, offsetof(sa_generate_args, endings));
    if (status == SA_OK) status = check_args(report, w);
    if (status != SA_OK) return status;
    const struct ledger ledger = cut_memory(w, NULL);
    status = session_reserve(report, session, &ledger);
    if (status == SA_OK) cut_memory(w, session->work);
    return status;
}
