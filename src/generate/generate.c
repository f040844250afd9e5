/* sa_generate(): run, choose a token for every sequence, run again.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "generate/generation.h"
#include "text/tokenizer.h"

#include <string.h>

/* T tokens per sequence; logits are those of each sequence's last. */
static sa_status run(const struct generation *g, int64_t T, const int32_t *ids, const int64_t *lengths) {
    const sa_session_args args = {
        .struct_size = sizeof args, .tokens = T, .ids = ids, .lengths = lengths, .logits = g->logits};
    return sa_session_run(g->ctx, g->session, &args);
}

static void count_occurrences(const struct generation *g, int64_t b, const int32_t *ids, int64_t count) {
    for (int64_t t = 0; g->occurrences && t < count; t++)
        if (ids[t] < g->V) g->occurrences[b * g->V + ids[t]]++;
}

/* Runs the prompts and says which sequences have any token. */
static sa_status begin(const struct generation *g) {
    const sa_generate_args *a = &g->args;
    const int64_t T = a->tokens ? a->tokens : 1;
    const int32_t start = (int32_t)sa_model_get(g->session->model, SA_MODEL_START_TOKEN);
    for (int64_t b = 0; b < g->B; b++) {
        g->lengths[b] = a->lengths ? a->lengths[b] : T;
        g->next[b] = start;
        a->counts[b] = 0;
        if (a->endings) a->endings[b] = SA_END_NONE;
    }
    const int32_t *ids = a->tokens ? a->ids : g->next;
    sa_status status = run(g, T, ids, g->lengths);
    if (g->occurrences) memset(g->occurrences, 0, (size_t)(g->B * g->V) * sizeof *g->occurrences);
    for (int64_t b = 0; status == SA_OK && b < g->B; b++) {
        count_occurrences(g, b, ids + b * T, g->lengths[b]);
        if (g->lengths[b]) g->next[b] = ids[b * T + g->lengths[b] - 1];
        g->lengths[b] = g->lengths[b] > 0;
    }
    return status;
}

static sa_status refuse_logits(const struct generation *g, int64_t b) {
    sa_status status = context_enter(g->ctx);
    if (status != SA_OK) return status;
    status = fail(&g->ctx->report, SA_ERR_VALUE,
                  "no token of sequence %lld can be chosen: no logit is finite, or one is infinite", (long long)b);
    return context_leave(g->ctx, status);
}

/* Whether the token completes a stop string. */
static int completes_string(const struct generation *g, int64_t b, int32_t token) {
    if (!g->strings.count) return 0;
    struct text_sink piece = {g->piece, g->piece_bytes, 0};
    tokenizer_put_next(g->args.tokenizer, g->next[b], token, &piece);
    return stop_strings_find(&g->strings, &g->ends[b], piece.text, piece.bytes);
}

/* Why the sequence ends with its new token, or SA_END_NONE. */
static int32_t find_ending(const struct generation *g, int64_t b, int32_t token) {
    if (stop_tokens_have(&g->stops, token)) return SA_END_TOKEN;
    if (completes_string(g, b, token)) return SA_END_STRING;
    if (g->args.counts[b] == g->args.max_tokens) return SA_END_MAX_TOKENS;
    if (sa_session_length(g->session, b) >= session_most_tokens(g->session)) return SA_END_FULL;
    return SA_END_NONE;
}

/* Tells the caller about the token, everywhere that he asked for. */
static int32_t deliver(const struct generation *g, int64_t b, int32_t token, float log_probability) {
    const sa_generate_args *a = &g->args;
    const int64_t place = b * a->max_tokens + a->counts[b]++;
    a->generated[place] = token;
    if (a->log_probabilities) a->log_probabilities[place] = log_probability;
    int32_t stop = a->on_token ? a->on_token(a->user, b, token, log_probability) : 0;
    int32_t ending = find_ending(g, b, token);
    return ending == SA_END_NONE && stop ? SA_END_CALLER : ending;
}

static sa_status add_token(const struct generation *g, int64_t b) {
    const sa_generate_args *a = &g->args;
    float *logits = g->logits + b * g->V, log_probability = 0;
    if (a->on_logits) a->on_logits(a->user, b, logits, g->V);
    int32_t token = sampling_choose(&g->sampling, logits, g->V, g->occurrences ? g->occurrences + b * g->V : NULL,
                                    sampling_uniform(g->sampling.seed + (uint64_t)b, (uint64_t)a->counts[b]), g->work);
    if (token < 0) return refuse_logits(g, b);
    if (g->exponentials)
        log_probability =
            (float)((double)logits[token] - log_sum_exp(g->ctx->machine.kernels, logits, g->V, g->exponentials));
    int32_t ending = deliver(g, b, token, log_probability);
    count_occurrences(g, b, &token, 1);
    g->next[b] = token;
    g->lengths[b] = ending == SA_END_NONE;
    if (a->endings) a->endings[b] = ending;
    return SA_OK;
}

/* A token for each sequence that goes on; *more says whether any does after it. */
static sa_status add_tokens(const struct generation *g, int *more) {
    *more = 0;
    for (int64_t b = 0; b < g->B; b++) {
        if (!g->lengths[b]) continue;
        sa_status status = add_token(g, b);
        if (status != SA_OK) return status;
        *more |= g->lengths[b] > 0;
    }
    return SA_OK;
}

sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args) {
    struct generation g;
    int more;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = context_leave(ctx, generation_take(ctx, session, args, &g));
    if (status == SA_OK) status = begin(&g);
    if (status == SA_OK) status = add_tokens(&g, &more);
    while (status == SA_OK && more) {
        status = run(&g, 1, g.next, g.lengths);
        if (status == SA_OK) status = add_tokens(&g, &more);
    }
    return status;
}
