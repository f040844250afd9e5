/* SPDX-License-Identifier: MIT */
#include "generate/generation.h"

#include "api/context.h"
#include "base/arith.h"
#include "text/tokenizer.h"

#include <stddef.h>

static sa_status check_prompts(struct report *report, const sa_generate_args *a, const struct generation *g) {
    if (a->tokens < 0) return fail(report, SA_ERR_VALUE, "tokens is %lld", (long long)a->tokens);
    if (a->tokens && !a->ids) return fail_null(report, "ids");
    if (!a->tokens && (a->ids || a->lengths))
        return fail(report, SA_ERR_VALUE, "tokens is 0, but %s is given", a->ids ? "ids" : "lengths");
    if (!a->tokens && sa_model_get(g->session->model, SA_MODEL_START_TOKEN) < 0)
        return fail(report, SA_ERR_VALUE, "tokens is 0, but the model names no token that a text begins with");
    for (int64_t b = 0; a->lengths && b < g->B; b++)
        if (a->lengths[b] < 0 || a->lengths[b] > a->tokens)
            return fail(report, SA_ERR_VALUE, "lengths[%lld] is %lld, must be 0 to tokens = %lld", (long long)b,
                        (long long)a->lengths[b], (long long)a->tokens);
    return SA_OK;
}

static sa_status check_outputs(struct report *report, const sa_generate_args *a, const struct generation *g) {
    int64_t outputs;
    if (a->max_tokens < 1)
        return fail(report, SA_ERR_VALUE, "max_tokens is %lld, must be at least 1", (long long)a->max_tokens);
    if (!checked_mul(g->B, a->max_tokens, &outputs) || !checked_mul(outputs, sizeof(int32_t), &outputs))
        return fail(report, SA_ERR_OVERFLOW, "%lld sequences of max_tokens %lld: the outputs do not fit an address",
                    (long long)g->B, (long long)a->max_tokens);
    if (!a->generated) return fail_null(report, "generated");
    if (!a->counts) return fail_null(report, "counts");
    if (g->V < 1) return fail(report, SA_ERR_UNSUPPORTED, "the model has no logits to choose tokens by");
    return SA_OK;
}

static sa_status check_args(struct report *report, struct generation *g) {
    const sa_generate_args *a = &g->args;
    sa_status status = check_prompts(report, a, g);
    if (status == SA_OK) status = check_outputs(report, a, g);
    if (status == SA_OK) status = sampling_take(report, a->sampling, &g->sampling);
    if (status == SA_OK) status = stop_tokens_check(report, a->stop_tokens, a->stop_token_count);
    if (status == SA_OK) status = stop_strings_take(report, a->stop_strings, a->stop_string_count, &g->strings);
    if (status == SA_OK && a->stop_string_count && !a->tokenizer)
        status = fail_null(report, "tokenizer, which stop_strings need,");
    return status;
}

/* Cuts the arrays; returns the bytes that they take. */
static int64_t cut_memory(struct generation *g, char *block) {
    const sa_generate_args *a = &g->args;
    struct cutter c = {block, 0};
    int64_t rows;
    if (!checked_mul(g->B, g->V, &rows)) return -1;
    g->logits = cut(&c, rows, sizeof *g->logits);
    g->exponentials = a->on_token || a->log_probabilities ? cut(&c, g->V, sizeof *g->exponentials) : NULL;
    g->work = cut(&c, sampling_work(&g->sampling, g->V), sizeof *g->work);
    g->occurrences = sampling_has_penalties(&g->sampling) ? cut(&c, rows, sizeof *g->occurrences) : NULL;
    g->next = cut(&c, g->B, sizeof *g->next);
    g->lengths = cut(&c, g->B, sizeof *g->lengths);
    g->piece_bytes = g->strings.count ? a->tokenizer->vocabulary.longest + 1 : 0;
    g->piece = cut(&c, g->piece_bytes, 1);
    g->ends = cut(&c, g->B, sizeof *g->ends);
    char *bytes = cut(&c, g->B, g->strings.longest);
    for (int64_t b = 0; block && b < g->B; b++) g->ends[b] = (struct text_end){bytes + b * g->strings.longest, 0};
    g->stops = stop_tokens_take(g->session->model, a->stop_tokens, a->stop_token_count, &c);
    return c.bytes;
}

sa_status generation_take(sa_ctx *ctx, sa_session *session, const sa_generate_args *args, struct generation *g) {
    struct report *report = &ctx->report;
    if (!session) return fail_null(report, "session");
    if (!args) return fail_null(report, "args");
    *g = (struct generation){.ctx = ctx, .session = session, .B = sa_session_batch(session)};
    g->V = sa_model_get(session->model, SA_MODEL_OUTPUTS);
    sa_status status =
        take_struct(report, "sa_generate_args", args, &g->args, sizeof g->args, offsetof(sa_generate_args, endings));
    if (status == SA_OK) status = check_args(report, g);
    if (status == SA_OK) status = generate_reserve(report, session, cut_memory(g, NULL));
    if (status == SA_OK) cut_memory(g, session->generate_memory);
    return status;
}
