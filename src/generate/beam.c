/* sa_beam_search(): run all beams, keep the best of all their continuations, let the session follow.
 * SPDX-License-Identifier: MIT */
#include "generate/beam.h"

#include "api/context.h"
#include "generate/sampling.h"

#include <math.h>
#include <string.h>

/* Puts a sentence into the context, between calls on it. */
static sa_status refuse(sa_ctx *ctx, sa_status status, const char *sentence) {
    sa_status entered = context_enter(ctx);
    if (entered != SA_OK) return entered;
    return context_leave(ctx, fail(&ctx->report, status, "%s", sentence));
}

static sa_status run(const struct search *s, int64_t T, const int32_t *ids) {
    const sa_session_args args = {
        .struct_size = sizeof args, .tokens = T, .ids = ids, .lengths = s->lengths, .logits = s->logits};
    return sa_session_run(s->ctx, s->session, &args);
}

/* Runs the prompt in sequence 0 and copies that to all others. */
static sa_status begin(const struct search *s) {
    const sa_beam_args *a = &s->args;
    const int64_t T = a->tokens ? a->tokens : 1;
    s->ids[0] = (int32_t)sa_model_get(s->session->model, SA_MODEL_START_TOKEN);
    for (int64_t b = 0; b < s->B; b++) {
        memcpy(s->prompts + b * T, a->tokens ? a->ids : s->ids, (size_t)T * sizeof *s->ids);
        s->lengths[b] = b == 0 ? T : 0;
    }
    for (int64_t r = 0; r < a->results; r++) {
        a->counts[r] = 0;
        if (a->scores) a->scores[r] = -HUGE_VAL;
    }
    s->sums[0] = 0;
    sa_status status = run(s, T, s->prompts);
    for (int64_t b = 1; status == SA_OK && b < s->B; b++) {
        status = sa_session_fork(s->session, 0, b);
        if (status != SA_OK) status = refuse(s->ctx, status, sa_ctx_last_error(NULL));
    }
    return status;
}

static void steps_add(struct steps *steps, struct step step) {
    if (steps->count == steps->most) {
        if (step.sum <= steps->step[steps->count - 1].sum) return;
        steps->count--;
    }
    int64_t place = steps->count++;
    for (; place > 0 && steps->step[place - 1].sum < step.sum; place--) steps->step[place] = steps->step[place - 1];
    steps->step[place] = step;
}

static sa_status find_steps(struct search *s) {
    s->best.count = s->next.count = 0;
    for (int64_t b = 0; b < s->running; b++) {
        const float *logits = s->logits + b * s->V;
        double total = log_sum_exp(s->ctx->machine.kernels, logits, s->V, s->exponentials);
        if (!isfinite(total)) return refuse(s->ctx, SA_ERR_VALUE, "a beam's logits are not finite");
        for (int64_t id = 0; id < s->V; id++) {
            struct step step = {s->sums[b] + ((double)logits[id] - total), b, (int32_t)id};
            if (!(step.sum > -HUGE_VAL)) continue;
            steps_add(&s->best, step);
            if (!stop_tokens_have(&s->stops, step.token)) steps_add(&s->next, step);
        }
    }
    s->made++;
    return SA_OK;
}

/* The text before it with the step's token at its end. */
static void write_text(const struct search *s, const struct step *step, int32_t *text) {
    memcpy(text, s->text + step->from * s->args.max_tokens, (size_t)(s->made - 1) * sizeof *text);
    text[s->made - 1] = step->token;
}

static double score_of(const struct search *s, double sum, int64_t tokens) {
    return sum / pow((double)tokens, s->args.length_penalty);
}

/* Puts the text among the best ones if it is one. */
static void add_text(struct search *s, const struct step *step) {
    const sa_beam_args *a = &s->args;
    const int64_t N = a->max_tokens;
    double score = score_of(s, step->sum, s->made);
    int64_t place = s->found < a->results ? s->found++ : a->results;
    for (; place > 0 && s->scores[place - 1] < score; place--) {
        if (place == a->results) continue; /* the last one falls out */
        s->scores[place] = s->scores[place - 1];
        a->counts[place] = a->counts[place - 1];
        memcpy(a->generated + place * N, a->generated + (place - 1) * N,
               (size_t)a->counts[place] * sizeof *a->generated);
    }
    if (place == a->results) return;
    s->scores[place] = score;
    a->counts[place] = s->made;
    write_text(s, step, a->generated + place * N);
}

/* Whether no beam can become better than the worst text. Sums only fall, so a beam's best end is now, or, where length
 * counts in its favour, at the greatest length. */
static int is_decided(const struct search *s) {
    if (s->next.count == 0) return 1;
    int64_t tokens = s->args.length_penalty > 0 ? s->args.max_tokens : s->made + 1;
    return s->found == s->args.results && s->scores[s->found - 1] >= score_of(s, s->next.step[0].sum, tokens);
}

/* Makes the best steps the beams. */
static sa_status follow(struct search *s) {
    for (int64_t b = 0; b < s->B; b++) {
        s->lengths[b] = b < s->next.count;
        const struct step *step = &s->next.step[s->lengths[b] ? b : 0];
        s->from[b] = step->from;
        s->ids[b] = step->token;
        if (!s->lengths[b]) continue;
        s->sums[b] = step->sum;
        write_text(s, step, s->longer + b * s->args.max_tokens);
    }
    int32_t *text = s->text;
    s->text = s->longer;
    s->longer = text;
    s->running = s->next.count;
    sa_status status = sa_session_reorder(s->session, s->from);
    return status == SA_OK ? run(s, 1, s->ids) : refuse(s->ctx, status, sa_ctx_last_error(NULL));
}

static sa_status search(struct search *s) {
    sa_status status = begin(s);
    while (status == SA_OK) {
        status = find_steps(s);
        if (status != SA_OK) break;
        for (int64_t i = 0; i < s->best.count; i++)
            if (stop_tokens_have(&s->stops, s->best.step[i].token)) add_text(s, &s->best.step[i]);
        int last = s->made == s->args.max_tokens || sa_session_length(s->session, 0) >= session_most_tokens(s->session);
        for (int64_t i = 0; last && i < s->next.count; i++) add_text(s, &s->next.step[i]);
        if (last || is_decided(s)) break;
        status = follow(s);
    }
    if (s->args.scores) memcpy(s->args.scores, s->scores, (size_t)s->found * sizeof *s->scores);
    return status;
}

sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args) {
    struct search s;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = context_leave(ctx, search_take(ctx, session, args, &s));
    return status == SA_OK ? search(&s) : status;
}
