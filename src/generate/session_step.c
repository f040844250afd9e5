/* SPDX-License-Identifier: MIT */
#include "generate/session_step.h"

#include "base/arith.h"
#include "generate/session.h"
#include "stack/checks.h"
#include "stack/output.h"

#include <string.h>

/* How many of the new tokens of sequence b are real. */
static int64_t real(const sa_session_args *a, int64_t b) {
    return a->lengths ? a->lengths[b] : a->tokens;
}

/* Finds the positions of the new tokens, and the new length of the longest sequence. */
static sa_status find_places(struct report *report, struct sa_session *s, const sa_session_args *a, int64_t *longest) {
    const int64_t limit = s->model->decoder.config.positions.limit;
    *longest = 0;
    for (int64_t b = 0; b < s->B; b++) {
        s->starts[b] = s->self->lengths[b];
        int64_t end;
        if (!checked_add(s->starts[b], real(a, b), &end) || end > POSITION_MAX)
            return fail_overflow(report, "the length of a sequence");
        if (limit && end > limit)
            return fail(report, SA_ERR_SHAPE, "sequence %lld would have %lld tokens, the model's longest has %lld",
                        (long long)b, (long long)end, (long long)limit);
        const int64_t held = cache_tokens_needed(s->self, 0, b, end);
        if (s->capacity && held > s->capacity)
            return fail(report, SA_ERR_SHAPE, "sequence %lld would hold %lld tokens, the session's capacity is %lld",
                        (long long)b, (long long)held, (long long)s->capacity);
        *longest = max_i64(*longest, end);
    }
    return SA_OK;
}

static struct step_kind kind_of(const struct machine *machine, const struct sa_session *s, const sa_session_args *a,
                                int64_t longest) {
    return (struct step_kind){.machine = *machine,
                              .tokens = a->tokens,
                              .keys = plan_keys(longest),
                              .source = s->source,
                              .attention = a->attention != NULL,
                              .cross_attention = a->cross_attention != NULL,
                              .logits = a->logits != NULL,
                              .logits_all = a->logits_all != NULL};
}

/* Whether two contexts make the same plans. */
static int plans_alike(const struct machine *a, const struct machine *b) {
    return a->kernels == b->kernels && a->path == b->path && a->same_bits == b->same_bits &&
           a->precision == b->precision && a->gemm == b->gemm && a->parallel.kind == b->parallel.kind &&
           a->parallel.threads == b->parallel.threads;
}

static int same_kind(const struct step_kind *a, const struct step_kind *b) {
    return a->tokens == b->tokens && a->keys == b->keys && a->source == b->source && a->attention == b->attention &&
           a->cross_attention == b->cross_attention && a->logits == b->logits && a->logits_all == b->logits_all &&
           plans_alike(&a->machine, &b->machine);
}

static struct pass pass_of(const struct sa_session *s, const sa_session_args *a, int64_t keys) {
    return (struct pass){.input = {.stack = &s->model->decoder,
                                   .B = s->B,
                                   .T = a->tokens,
                                   .ids = a->ids,
                                   .types = a->types,
                                   .starts = s->starts},
                         .lengths = a->lengths,
                         .cache = s->self,
                         .S = s->source,
                         .cross_cache = s->cross,
                         .hidden_all = a->hidden_all,
                         .attention = a->attention,
                         .keys = keys,
                         .cross_attention = a->cross_attention};
}

static int outputs_fit(const struct sa_session *s, const struct step_kind *kind) {
    const struct stack_config *c = &s->model->decoder.config;
    return floats_fit(c->layers + 1, s->B, kind->tokens, c->width, 1) &&
           floats_fit(c->layers, s->B, c->heads, kind->tokens, max_i64(kind->keys, s->source)) &&
           floats_fit(1, s->B, kind->tokens, max_i64(word_logits(s->model), 1), 1);
}

static int plan_step(const struct machine *machine, const struct sa_session *s, const sa_session_args *a,
                     int64_t longest, struct step_plan *plan) {
    const struct pass pass = pass_of(s, a, longest);
    const int64_t last = a->logits ? s->B : 0, rows = a->logits_all ? s->B * a->tokens : s->B;
    struct ledger *o = &plan->outputs;
    plan->last = ledger_book(o, "last states", last, s->model->decoder.config.width, sizeof(float));
    plan->logits = ledger_book(o, "logits", last, word_logits(s->model), sizeof(float));
    plan->work = ledger_book(o, "projection", output_bytes(machine, s->model, rows), 1, 1);
    return pass_plan(machine, &pass, ledger_bytes(o), &plan->pass);
}

/* Plans the step, unless the one before was of the same kind. */
static sa_status decide(sa_ctx *ctx, struct sa_session *s, const sa_session_args *a, int64_t longest) {
    const struct step_kind kind = kind_of(&ctx->machine, s, a, longest);
    if (same_kind(&kind, &s->plan.kind)) return SA_OK;
    if (!outputs_fit(s, &kind))
        return fail(&ctx->report, SA_ERR_OVERFLOW, "tokens %lld: the outputs do not fit an address",
                    (long long)a->tokens);
    s->plan = (struct step_plan){.kind = kind, .outputs = {.title = "output"}};
    if (plan_step(&ctx->machine, s, a, longest, &s->plan)) return SA_OK;
    s->plan.kind.tokens = 0;
    return fail_overflow(&ctx->report, "the size of the scratch memory");
}

static sa_status check_ids(struct report *report, const struct sa_session *s, const sa_session_args *a) {
    const struct input_config *in = &s->model->decoder.config.input;
    sa_status status = check_numbers(report, "the id", a->ids, s->B, a->tokens, in->vocabulary);
    return status == SA_OK ? check_numbers(report, "the type", a->types, s->B, a->tokens, in->types) : status;
}

/* Every layer gets its pages before any layer is run, so that all grow or none. */
static sa_status make_room(struct report *report, const struct sa_session *s, const sa_session_args *a) {
    sa_status status = SA_OK;
    for (int64_t l = 0; l < s->self->layers && status == SA_OK; l++)
        status = cache_make_room(s->self, l, a->lengths, a->tokens, report);
    if (status == SA_OK && s->cross) status = cache_make_room(s->cross, 0, NULL, 0, report);
    return status;
}

/* Logits of each sequence's last token. Sequences without one are left out. */
static void give_last(const struct machine *machine, const struct sa_session *s, const sa_session_args *a,
                      const float *states, char *scratch) {
    const int64_t E = s->model->decoder.config.width, V = word_logits(s->model);
    float *last = (float *)(scratch + s->plan.last), *logits = (float *)(scratch + s->plan.logits);
    int64_t rows = 0;
    for (int64_t b = 0; b < s->B; b++)
        if (real(a, b) > 0)
            memcpy(last + rows++ * E, states + (b * a->tokens + real(a, b) - 1) * E, (size_t)E * sizeof *last);
    if (rows == s->B) logits = a->logits;
    output_logits(machine, s->model, rows, last, logits, scratch + s->plan.work);
    for (int64_t b = 0, row = 0; b < s->B && rows < s->B; b++)
        if (real(a, b) > 0) memcpy(a->logits + b * V, logits + row++ * V, (size_t)V * sizeof *logits);
}

static void give_all(const struct machine *machine, const struct sa_session *s, const sa_session_args *a, float *states,
                     char *scratch) {
    const int64_t V = word_logits(s->model);
    output_logits(machine, s->model, s->B * a->tokens, states, a->logits_all, scratch + s->plan.work);
    for (int64_t b = 0; a->logits && b < s->B; b++)
        if (real(a, b) > 0)
            memcpy(a->logits + b * V, a->logits_all + (b * a->tokens + real(a, b) - 1) * V, (size_t)V * sizeof(float));
}

/* Runs a planned step; all layers have room for it. */
static void move_data(const struct machine *machine, const struct sa_session *s, const sa_session_args *a,
                      int64_t longest, char *scratch) {
    const struct step_plan *plan = &s->plan;
    const struct pass pass = pass_of(s, a, longest);
    const int64_t E = s->model->decoder.config.width;
    float *states = pass_run(machine, &pass, &plan->pass, scratch);
    if (a->hidden) memcpy(a->hidden, states, (size_t)(s->B * a->tokens * E) * sizeof *states);
    ledger_open(&plan->outputs, scratch + plan->pass.shared);
    if (a->logits_all)
        give_all(machine, s, a, states, scratch + plan->pass.shared);
    else if (a->logits)
        give_last(machine, s, a, states, scratch + plan->pass.shared);
    ledger_close(&plan->outputs, scratch + plan->pass.shared);
}

sa_status session_step(sa_ctx *ctx, sa_session *s, const sa_session_args *a) {
    int64_t longest;
    sa_status status = find_places(&ctx->report, s, a, &longest);
    if (status == SA_OK) status = decide(ctx, s, a, longest);
    if (status == SA_OK) status = check_ids(&ctx->report, s, a);
    if (status == SA_OK) status = context_reserve(ctx, s->plan.pass.scratch.bytes);
    if (status == SA_OK) status = make_room(&ctx->report, s, a);
    if (status != SA_OK) return status;
    blas_enter(ctx->machine.gemm);
    move_data(&ctx->machine, s, a, longest, ctx->scratch);
    blas_leave(ctx->machine.gemm);
    status = context_cancelled(ctx);
    for (int64_t l = 0; l < s->self->layers && status != SA_OK; l++) cache_revert(s->self, l);
    return status;
}
