/* Tokens appended to the sequences of a session.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "generate/session.h"
#include "stack/checks.h"
#include "stack/output.h"

#include <stddef.h>
#include <string.h>

/* A checked call. Behind the pass, its layers' scratch memory serves the output. */
struct step {
    struct sa_session *session;
    sa_session_args args;
    struct pass pass;
    int64_t last;   /* float [B][E]  states of each sequence's last token */
    int64_t logits; /* float [B][V]  their logits, where some sequences have no token */
    int64_t work, bytes;
};

/* How many of the new tokens of sequence b are real. */
static int64_t real(const sa_session_args *a, int64_t b) {
    return a->lengths ? a->lengths[b] : a->tokens;
}

static sa_status check_room(struct report *report, struct sa_session *s, const sa_session_args *a, int64_t *longest) {
    const int64_t limit = s->model->decoder.config.positions.limit;
    *longest = 0;
    for (int64_t b = 0; b < s->B; b++) {
        s->starts[b] = sa_cache_length(s->self, 0, b);
        const int64_t end = s->starts[b] + real(a, b);
        if (limit && end > limit)
            return fail(report, SA_ERR_SHAPE, "sequence %lld would have %lld tokens, the model's longest has %lld",
                        (long long)b, (long long)end, (long long)limit);
        if (s->capacity && !s->self->window && end > s->capacity)
            return fail(report, SA_ERR_SHAPE, "sequence %lld would have %lld tokens, the session's capacity is %lld",
                        (long long)b, (long long)end, (long long)s->capacity);
        *longest = max_i64(*longest, end);
    }
    return SA_OK;
}

/* Whether an array of `layers` times so many elements can be addressed. */
static int fits(int64_t layers, int64_t a, int64_t b, int64_t c, int64_t d) {
    int64_t count;
    return checked_mul(layers, a, &count) && checked_mul(count, b, &count) && checked_mul(count, c, &count) &&
           checked_mul(count, d, &count) && checked_mul(count, sizeof(float), &count);
}

static sa_status check(struct report *report, struct sa_session *s, const sa_session_args *a, int64_t *longest) {
    const struct stack_config *c = &s->model->decoder.config;
    sa_status status = check_tokens(report, "tokens", a->tokens, 0);
    if (status == SA_OK) status = check_token_counts(report, "lengths", a->lengths, s->B, 0, a->tokens);
    if (status != SA_OK) return status;
    if (!a->ids) return fail_null(report, "ids");
    if (s->cross && !s->source) return fail(report, SA_ERR_VALUE, "nothing has been encoded: see sa_session_encode()");
    if (a->cross_attention && !s->cross) return fail_lack(report, s->model, "cross-attention");
    if ((a->logits || a->logits_all) && !s->model->output.weights) return fail_lack(report, s->model, "logits");
    if (a->types && !c->input.types) return fail_lack(report, s->model, "types");
    status = check_room(report, s, a, longest);
    if (status == SA_OK && (!fits(c->layers + 1, s->B, a->tokens, c->width, 1) ||
                            !fits(c->layers, s->B, c->heads, a->tokens, max_i64(*longest, s->source)) ||
                            !fits(1, s->B, a->tokens, max_i64(output_width(s->model), 1), 1)))
        status = fail(report, SA_ERR_OVERFLOW, "tokens %lld: the outputs do not fit an address", (long long)a->tokens);
    if (status != SA_OK) return status;
    status = check_numbers(report, "the id", a->ids, s->B, a->tokens, c->input.vocabulary);
    return status == SA_OK ? check_numbers(report, "the type", a->types, s->B, a->tokens, c->input.types) : status;
}

static int book(int64_t *bytes, int64_t *place, int64_t rows, int64_t width) {
    int64_t size;
    *place = *bytes;
    return checked_mul(rows, width, &size) && checked_mul(size, sizeof(float), &size) &&
           checked_add(size, MEMORY_ALIGNMENT - 1, &size) &&
           checked_add(*bytes, size / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, bytes);
}

static sa_status plan(sa_ctx *ctx, struct step *step) {
    const struct sa_session *s = step->session;
    const sa_session_args *a = &step->args;
    sa_status status = pass_plan(ctx, &step->pass);
    if (status != SA_OK) return status;
    const int64_t rows = a->logits_all ? s->B * a->tokens : s->B;
    const int64_t output = output_bytes(&ctx->machine, s->model, rows);
    int64_t end = step->pass.layer;
    if (output < 0 || !book(&end, &step->last, s->B, s->model->decoder.config.width) ||
        !book(&end, &step->logits, a->logits ? s->B : 0, output_width(s->model)))
        return fail_overflow(&ctx->report, "the size of the scratch memory");
    step->work = end;
    if (!checked_add(end, output, &end)) return fail_overflow(&ctx->report, "the size of the scratch memory");
    step->bytes = max_i64(end, step->pass.bytes);
    return SA_OK;
}

static sa_status take_step(sa_ctx *ctx, struct sa_session *s, const sa_session_args *args, struct step *step) {
    struct report *report = &ctx->report;
    sa_session_args *a = &step->args;
    int64_t longest = 0;
    if (!args) return fail_null(report, "args");
    *step = (struct step){.session = s};
    sa_status status = take_struct(report, "sa_session_args", args, a, sizeof *a, offsetof(sa_session_args, lengths));
    if (status == SA_OK) status = check(report, s, a, &longest);
    if (status != SA_OK) return status;
    step->pass = (struct pass){.input = {.stack = &s->model->decoder,
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
                               .keys = longest,
                               .cross_attention = a->cross_attention};
    return plan(ctx, step);
}

/* Logits of each sequence's last token. Sequences without one are left out. */
static void give_last(sa_ctx *ctx, const struct step *step, const float *states) {
    const struct sa_session *s = step->session;
    const sa_session_args *a = &step->args;
    const int64_t E = s->model->decoder.config.width, V = output_width(s->model);
    char *scratch = ctx->scratch;
    float *last = (float *)(scratch + step->last), *logits = (float *)(scratch + step->logits);
    int64_t rows = 0;
    for (int64_t b = 0; b < s->B; b++)
        if (real(a, b) > 0)
            memcpy(last + rows++ * E, states + (b * a->tokens + real(a, b) - 1) * E, (size_t)E * sizeof *last);
    if (rows == s->B) logits = a->logits;
    output_logits(&ctx->machine, s->model, rows, last, logits, scratch + step->work);
    for (int64_t b = 0, row = 0; b < s->B && rows < s->B; b++)
        if (real(a, b) > 0) memcpy(a->logits + b * V, logits + row++ * V, (size_t)V * sizeof *logits);
}

static void give_all(sa_ctx *ctx, const struct step *step, float *states) {
    const struct sa_session *s = step->session;
    const sa_session_args *a = &step->args;
    const int64_t V = output_width(s->model);
    output_logits(&ctx->machine, s->model, s->B * a->tokens, states, a->logits_all, (char *)ctx->scratch + step->work);
    for (int64_t b = 0; a->logits && b < s->B; b++)
        if (real(a, b) > 0)
            memcpy(a->logits + b * V, a->logits_all + (b * a->tokens + real(a, b) - 1) * V, (size_t)V * sizeof(float));
}

static sa_status run(sa_ctx *ctx, const struct step *step) {
    const struct sa_session *s = step->session;
    const sa_session_args *a = &step->args;
    float *states;
    sa_status status = pass_run(ctx, &step->pass, ctx->scratch, &states);
    if (status != SA_OK) return status;
    if (a->hidden)
        memcpy(a->hidden, states, (size_t)(s->B * a->tokens * s->model->decoder.config.width) * sizeof *states);
    if (a->logits_all)
        give_all(ctx, step, states);
    else if (a->logits)
        give_last(ctx, step, states);
    return SA_OK;
}

/* Every layer gets its pages before any layer is run, so that all grow or none. */
static sa_status make_room(sa_ctx *ctx, const struct step *step) {
    const struct sa_session *s = step->session;
    sa_status status = SA_OK;
    for (int64_t l = 0; l < s->model->decoder.config.layers && status == SA_OK; l++)
        status = cache_make_room(s->self, l, step->args.lengths, step->args.tokens, &ctx->report);
    return status;
}

sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args) {
    struct step step;
    sa_status status = session_enter(ctx, session);
    if (status != SA_OK) return status;
    status = take_step(ctx, session, args, &step);
    if (status == SA_OK) status = context_reserve(ctx, step.bytes);
    if (status == SA_OK) status = make_room(ctx, &step);
    if (status == SA_OK) {
        blas_enter();
        status = run(ctx, &step);
        blas_leave();
    }
    return session_leave(ctx, session, status);
}
