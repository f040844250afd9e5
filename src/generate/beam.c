/* sa_beam_search(): run all beams, keep the best of their continuations, reorder the session's sequences accordingly.
 * SPDX-License-Identifier: MIT */
#include "generate/beam.h"

#include "generate/sampling.h"

#include <math.h>
#include <string.h>

/* T tokens for each beam whose length is not 0. */
static sa_session_args step_args(const struct beam_search *s, int64_t T, const int32_t *ids) {
    return (sa_session_args){
        .struct_size = sizeof(sa_session_args), .tokens = T, .ids = ids, .lengths = s->lengths, .logits = s->logits};
}

/* Runs the prompt in sequence 0 and copies that to all others. */
static sa_status begin(const struct beam_search *s) {
    const sa_beam_args *a = &s->args;
    const int64_t T = a->tokens ? a->tokens : 1;
    s->ids[0] = (int32_t)s->session->model->config.start_token;
    for (int64_t b = 0; b < s->B; b++) {
        memcpy(s->prompts + b * T, a->tokens ? a->ids : s->ids, (size_t)T * sizeof *s->ids);
        s->lengths[b] = b == 0 ? T : 0;
    }
    for (int64_t r = 0; r < a->results; r++) {
        a->counts[r] = 0;
        if (a->scores) a->scores[r] = -HUGE_VAL;
    }
    s->sums[0] = 0;
    const sa_session_args prompt = step_args(s, T, s->prompts);
    sa_status status = session_check(&s->ctx->report, s->session, &prompt);
    if (status == SA_OK) status = session_step(s->ctx, s->session, &prompt);
    for (int64_t b = 1; status == SA_OK && b < s->B; b++) status = session_fork(&s->ctx->report, s->session, 0, b);
    return status;
}

/* Whether the token that comes next is the last one that there is room for. */
static int is_last(const struct beam_search *s) {
    return s->made + 1 == s->args.max_tokens || s->session->self->lengths[0] >= session_most_tokens(s->session);
}

static void keep_best(struct continuations *list, struct continuation c) {
    if (list->count == list->most) {
        if (c.sum <= list->best[list->count - 1].sum) return;
        list->count--;
    }
    int64_t place = list->count++;
    for (; place > 0 && list->best[place - 1].sum < c.sum; place--) list->best[place] = list->best[place - 1];
    list->best[place] = c;
}

/* Rules change what may come, not the probabilities of what is left, as in Transformers; a forced token has
 * probability 1. */
static void obey_rules(const struct beam_search *s, int64_t b, double total, float *logits) {
    const sa_beam_args *a = &s->args;
    const int64_t prompt = a->tokens ? a->tokens : 1, length = s->session->self->lengths[b];
    const struct ruled_text text = {.prompt = a->tokens ? a->ids : NULL,
                                    .prompt_tokens = prompt,
                                    .made = s->text + b * a->max_tokens,
                                    .made_tokens = s->made,
                                    .before = length - s->made - prompt,
                                    .is_last = is_last(s)};
    model_rules_apply(&s->rules, &text, (float)total, logits, s->V);
}

static sa_status find_continuations(struct beam_search *s) {
    s->all.count = s->open.count = 0;
    for (int64_t b = 0; b < s->running; b++) {
        float *logits = s->logits + b * s->V;
        double total = log_sum_exp(s->ctx->machine.kernels, logits, s->V, s->exponentials);
        if (!isfinite(total))
            return fail(&s->ctx->report, SA_ERR_VALUE, "the logits of beam %lld are not finite", (long long)b);
        obey_rules(s, b, total, logits);
        for (int64_t id = 0; id < s->V; id++) {
            struct continuation c = {s->sums[b] + ((double)logits[id] - total), b, (int32_t)id};
            if (!(c.sum > -HUGE_VAL)) continue;
            keep_best(&s->all, c);
            if (!stop_tokens_have(&s->stops, c.token)) keep_best(&s->open, c);
        }
    }
    s->made++;
    return SA_OK;
}

/* The beam's text with the continuation's token at its end. */
static void write_text(const struct beam_search *s, const struct continuation *c, int32_t *text) {
    memcpy(text, s->text + c->from * s->args.max_tokens, (size_t)(s->made - 1) * sizeof *text);
    text[s->made - 1] = c->token;
}

static double score_of(const struct beam_search *s, double sum, int64_t tokens) {
    return sum / pow((double)tokens, s->args.length_penalty);
}

/* Adds the text to those that are kept if it is one of the best; the best R of them are results. */
static void add_text(struct beam_search *s, const struct continuation *c) {
    const sa_beam_args *a = &s->args;
    const int64_t N = a->max_tokens;
    double score = score_of(s, c->sum, s->made);
    int64_t place = s->found < s->B ? s->found++ : s->B;
    for (; place > 0 && s->scores[place - 1] < score; place--) {
        if (place == s->B) continue; /* the last one is dropped */
        s->scores[place] = s->scores[place - 1];
        if (place >= a->results) continue;
        a->counts[place] = a->counts[place - 1];
        memcpy(a->generated + place * N, a->generated + (place - 1) * N,
               (size_t)a->counts[place] * sizeof *a->generated);
    }
    if (place == s->B) return;
    s->scores[place] = score;
    if (place >= a->results) return;
    a->counts[place] = s->made;
    write_text(s, c, a->generated + place * N);
}

/* Whether no beam can become better than the worst result. Sums only fall, so a beam's score is best if it ends now or,
 * if the score favours length, at the greatest length. */
static int none_can_be_better(const struct beam_search *s) {
    const int64_t R = s->args.results, tokens = s->args.length_penalty > 0 ? s->args.max_tokens : s->made + 1;
    return s->found >= R && s->scores[R - 1] >= score_of(s, s->open.best[0].sum, tokens);
}

static int is_decided(const struct beam_search *s) {
    if (s->open.count == 0) return 1;
    switch (s->args.early_stopping) {
    case SA_EARLY_STOPPING_TRUE:
        return s->found == s->B;
    case SA_EARLY_STOPPING_FALSE:
        return s->found == s->B && s->scores[s->B - 1] >= score_of(s, s->open.best[0].sum, s->made);
    default:
        return none_can_be_better(s);
    }
}

/* Makes the best continuations the beams. */
static sa_status follow(struct beam_search *s) {
    for (int64_t b = 0; b < s->B; b++) {
        s->lengths[b] = b < s->open.count;
        const struct continuation *c = &s->open.best[s->lengths[b] ? b : 0];
        s->from[b] = c->from;
        s->ids[b] = c->token;
        if (!s->lengths[b]) continue;
        s->sums[b] = c->sum;
        write_text(s, c, s->longer + b * s->args.max_tokens);
    }
    int32_t *text = s->text;
    s->text = s->longer;
    s->longer = text;
    s->running = s->open.count;
    const sa_session_args step = step_args(s, 1, s->ids);
    sa_status status = session_reorder(&s->ctx->report, s->session, s->from);
    return status == SA_OK ? session_step(s->ctx, s->session, &step) : status;
}

static sa_status search(struct beam_search *s) {
    sa_status status = begin(s);
    struct watch *told = status == SA_OK ? watch_begin(&s->ctx->watch, "tokens", s->args.max_tokens) : NULL;
    while (status == SA_OK) {
        const int last = is_last(s);
        status = find_continuations(s);
        if (status != SA_OK) break;
        for (int64_t i = 0; i < s->all.count; i++)
            if (stop_tokens_have(&s->stops, s->all.best[i].token)) add_text(s, &s->all.best[i]);
        for (int64_t i = 0; last && i < s->open.count; i++) add_text(s, &s->open.best[i]);
        if (last || is_decided(s)) break;
        watch_tell(told, s->made);
        status = follow(s);
    }
    watch_end(told);
    const int64_t results = s->found < s->args.results ? s->found : s->args.results;
    if (s->args.scores) memcpy(s->args.scores, s->scores, (size_t)results * sizeof *s->scores);
    return status;
}

sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args) {
    struct beam_search s;
    sa_status status = session_enter(ctx, session);
    if (status != SA_OK) return status;
    status = beam_search_take(ctx, session, args, &s);
    if (status == SA_OK) status = search(&s);
    return session_leave(ctx, session, status);
}
