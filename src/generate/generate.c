/* sa_generate(): run, choose a token for every sequence, run again.
 * SPDX-License-Identifier: MIT */
#include "generate/generate.h"

#include "text/tokenizer.h"

#include <string.h>

/* T tokens per sequence; logits are those of each sequence's last. */
static sa_session_args step_args(const struct writing *w, int64_t T, const int32_t *ids) {
    return (sa_session_args){
        .struct_size = sizeof(sa_session_args), .tokens = T, .ids = ids, .lengths = w->lengths, .logits = w->logits};
}

static void count_occurrences(const struct writing *w, int64_t b, const int32_t *ids, int64_t count) {
    for (int64_t t = 0; w->occurrences && t < count; t++)
        if (ids[t] < w->V) w->occurrences[b * w->V + ids[t]]++;
}

/* Runs the prompts and says which sequences have any token. */
static sa_status begin(const struct writing *w) {
    const sa_generate_args *a = &w->args;
    const int64_t T = a->tokens ? a->tokens : 1;
    const int32_t start = (int32_t)w->session->model->config.start_token;
    for (int64_t b = 0; b < w->B; b++) {
        w->lengths[b] = a->lengths ? a->lengths[b] : T;
        w->next[b] = start;
        a->counts[b] = 0;
        if (a->endings) a->endings[b] = SA_END_NONE;
    }
    const int32_t *ids = a->tokens ? a->ids : w->next;
    const sa_session_args prompts = step_args(w, T, ids);
    sa_status status = session_check(&w->ctx->report, w->session, &prompts);
    if (status == SA_OK) status = session_step(w->ctx, w->session, &prompts);
    if (w->occurrences) memset(w->occurrences, 0, (size_t)(w->B * w->V) * sizeof *w->occurrences);
    for (int64_t b = 0; status == SA_OK && b < w->B; b++) {
        count_occurrences(w, b, ids + b * T, w->lengths[b]);
        if (w->lengths[b]) w->next[b] = ids[b * T + w->lengths[b] - 1];
        w->lengths[b] = w->lengths[b] > 0;
    }
    return status;
}

/* Whether the token completes a stop string. */
static int completes_string(const struct writing *w, int64_t b, int32_t token) {
    if (!w->strings.count) return 0;
    struct text_sink piece = {w->piece, w->piece_bytes, 0};
    tokenizer_put_next(w->args.tokenizer, w->next[b], token, &piece);
    return stop_strings_find(&w->strings, &w->ends[b], piece.text, piece.bytes);
}

/* Why the sequence ends with its new token, or SA_END_NONE. */
static int32_t find_ending(const struct writing *w, int64_t b, int32_t token) {
    if (stop_tokens_have(&w->stops, token)) return SA_END_TOKEN;
    if (completes_string(w, b, token)) return SA_END_STRING;
    if (w->args.counts[b] == w->args.max_tokens) return SA_END_MAX_TOKENS;
    if (w->session->self->lengths[b] >= session_most_tokens(w->session)) return SA_END_FULL;
    return SA_END_NONE;
}

/* While a callback runs, it may use the context. The session stays claimed. */
static void lend_context(struct writing *w) {
    context_lend(w->ctx);
}

static sa_status take_context_back(struct writing *w) {
    const sa_status status = context_take_back(w->ctx);
    w->lost = status != SA_OK;
    return status;
}

static void obey_rules(const struct writing *w, int64_t b, float *logits) {
    const sa_generate_args *a = &w->args;
    const int64_t made = a->counts[b], prompt = !a->tokens ? 1 : a->lengths ? a->lengths[b] : a->tokens;
    /* The session's length is that of all tokens that were run: the last new one was, too. */
    const int64_t length = w->session->self->lengths[b];
    const struct ruled_text text = {.prompt = a->tokens ? a->ids + b * a->tokens : NULL,
                                    .prompt_tokens = prompt,
                                    .made = a->generated + b * a->max_tokens,
                                    .made_tokens = made,
                                    .before = length - made - prompt,
                                    .is_last = made + 1 == a->max_tokens || length >= session_most_tokens(w->session)};
    model_rules_apply(&w->rules, &text, 0, logits, w->V);
}

static sa_status show_logits(struct writing *w, int64_t b, float *logits) {
    if (!w->args.on_logits) return SA_OK;
    lend_context(w);
    w->args.on_logits(w->args.user, b, logits, w->V);
    return take_context_back(w);
}

/* *stop becomes 1 if the callback ends the sequence. */
static sa_status show_token(struct writing *w, int64_t b, int32_t token, float log_probability, int *stop) {
    *stop = 0;
    if (!w->args.on_token) return SA_OK;
    lend_context(w);
    *stop = w->args.on_token(w->args.user, b, token, log_probability) != 0;
    return take_context_back(w);
}

/* Writes the token to the requested outputs, and calls the callback. */
static sa_status deliver(struct writing *w, int64_t b, int32_t token, float log_probability, int32_t *ending) {
    const sa_generate_args *a = &w->args;
    const int64_t place = b * a->max_tokens + a->counts[b]++;
    int stop;
    a->generated[place] = token;
    if (a->log_probabilities) a->log_probabilities[place] = log_probability;
    sa_status status = show_token(w, b, token, log_probability, &stop);
    *ending = find_ending(w, b, token);
    if (*ending == SA_END_NONE && stop) *ending = SA_END_CALLER;
    return status;
}

static sa_status choose(struct writing *w, int64_t b, const float *logits, int32_t *token) {
    *token = sampling_choose(&w->sampling, logits, w->V, w->occurrences ? w->occurrences + b * w->V : NULL,
                             sampling_uniform(w->sampling.seed + (uint64_t)b, (uint64_t)w->args.counts[b]), w->work);
    if (*token >= 0) return SA_OK;
    return fail(&w->ctx->report, SA_ERR_VALUE,
                "no token of sequence %lld can be chosen: no logit is finite, or one is infinite", (long long)b);
}

static sa_status add_token(struct writing *w, int64_t b) {
    float *logits = w->logits + b * w->V, log_probability = 0;
    int32_t token = -1, ending = SA_END_NONE;
    obey_rules(w, b, logits);
    sa_status status = show_logits(w, b, logits);
    if (status == SA_OK) status = choose(w, b, logits, &token);
    if (status != SA_OK) return status;
    if (w->exponentials)
        log_probability =
            (float)((double)logits[token] - log_sum_exp(w->ctx->machine.kernels, logits, w->V, w->exponentials));
    status = deliver(w, b, token, log_probability, &ending);
    count_occurrences(w, b, &token, 1);
    w->next[b] = token;
    w->lengths[b] = ending == SA_END_NONE;
    if (w->args.endings) w->args.endings[b] = ending;
    return status;
}

/* Adds a token to each running sequence; *more becomes 1 if any is still running. */
static sa_status add_tokens(struct writing *w, int *more) {
    *more = 0;
    for (int64_t b = 0; b < w->B; b++) {
        if (!w->lengths[b]) continue;
        sa_status status = add_token(w, b);
        if (status != SA_OK) return status;
        *more |= w->lengths[b] > 0;
    }
    return SA_OK;
}

static sa_status write_texts(struct writing *w) {
    int more;
    sa_status status = begin(w);
    struct watch *told = status == SA_OK ? watch_begin(&w->ctx->watch, "tokens", w->args.max_tokens) : NULL;
    if (status == SA_OK) status = add_tokens(w, &more);
    for (int64_t made = 1; status == SA_OK && more; made++) {
        const sa_session_args step = step_args(w, 1, w->next);
        watch_tell(told, made);
        status = session_step(w->ctx, w->session, &step);
        if (status == SA_OK) status = add_tokens(w, &more);
    }
    watch_end(told);
    return status;
}

sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args) {
    struct writing w;
    sa_status status = session_enter(ctx, session);
    if (status != SA_OK) return status;
    status = writing_take(ctx, session, args, &w);
    if (status == SA_OK) status = write_texts(&w);
    session_give_back(session);
    return w.lost ? status : context_leave(ctx, status);
}
