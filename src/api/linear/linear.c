/* Linear attention: argument rules.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"
#include "linear/attention.h"

#include <math.h>
#include <stddef.h>

#define QUERY(axis) "query.size[" #axis "]"

/* Up to this many tokens, AUTO is RECURRENT. */
enum { FEW_TOKENS = 4 };

static sa_status take_heads(struct report *report, struct linear_problem *p) {
    if (!p->H || !p->K || !p->D || !p->Dv)
        return fail(report, SA_ERR_VALUE, "heads and head sizes must be at least 1: H %lld, K %lld, D %lld, Dv %lld",
                    (long long)p->H, (long long)p->K, (long long)p->D, (long long)p->Dv);
    if (p->H % p->K)
        return fail(report, SA_ERR_SHAPE, "key has %lld heads, which does not divide query's %lld", (long long)p->K,
                    (long long)p->H);
    p->G = p->H / p->K;
    return SA_OK;
}

/* Query comes first: it sets B, H, T and D, and the others have to agree. */
static sa_status take_tensors(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p,
                              int data_needed) {
    const struct expected query = {"query", {-1, -1, -1, -1}, {NULL}, USE_INPUT, 1, data_needed};
    sa_status status = check_tensor(report, &a->query, &query);
    if (status != SA_OK) return status;
    p->B = a->query.size[0], p->H = a->query.size[1], p->T = a->query.size[2], p->D = a->query.size[3];
    const struct expected key = {
        "key",      {p->B, -1, a->bidirectional ? -1 : p->T, p->D}, {QUERY(0), NULL, QUERY(2), QUERY(3)}, USE_INPUT, 1,
        data_needed};
    if ((status = check_tensor(report, &a->key, &key)) != SA_OK) return status;
    p->K = a->key.size[1], p->S = a->key.size[2];
    const struct expected value = {
        "value", {p->B, p->K, p->S, -1}, {QUERY(0), "key.size[1]", "key.size[2]"}, USE_INPUT, 1, data_needed};
    if ((status = check_tensor(report, &a->value, &value)) != SA_OK) return status;
    p->Dv = a->value.size[3];
    const struct expected output = {
        "output",   {p->B, p->H, p->T, p->Dv}, {QUERY(0), QUERY(1), QUERY(2), "value.size[3]"}, USE_OUTPUT, 1,
        data_needed};
    if ((status = check_tensor(report, &a->output, &output)) != SA_OK) return status;
    p->query = view_of(&a->query), p->key = view_of(&a->key), p->value = view_of(&a->value),
    p->output = view_of(&a->output);
    return take_heads(report, p);
}

static sa_status take_decay(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p,
                            int data_needed) {
    const int64_t last = a->decay.size[3];
    if (!a->decay.data) return SA_OK;
    const struct expected decay = {
        "decay", {p->B, p->K, p->S, last}, {QUERY(0), "key.size[1]", "key.size[2]"}, USE_INPUT, 1, data_needed};
    sa_status status = check_tensor(report, &a->decay, &decay);
    if (status != SA_OK) return status;
    if (last != 1 && last != p->D)
        return fail(report, SA_ERR_SHAPE, "decay.size[3] (last) is %lld, must be 1 or %lld, which is query.size[3]",
                    (long long)last, (long long)p->D);
    if (last != 1 && p->random)
        return fail(report, SA_ERR_UNSUPPORTED, "decay.size[3] is %lld with random features, which decay by head alone",
                    (long long)last);
    p->decay = view_of(&a->decay), p->decays = last;
    return SA_OK;
}

static sa_status take_beta(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p,
                           int data_needed) {
    const int64_t heads = a->beta.size[1];
    if (!a->beta.data) return SA_OK;
    const struct expected beta = {"beta",     {p->B, heads, p->S, 1}, {QUERY(0), NULL, "key.size[2]"}, USE_INPUT, 1,
                                  data_needed};
    sa_status status = check_tensor(report, &a->beta, &beta);
    if (status == SA_OK && heads != 1 && heads != p->K)
        status = fail(report, SA_ERR_SHAPE, "beta.size[1] (heads) is %lld, must be 1 or %lld, which is key.size[1]",
                      (long long)heads, (long long)p->K);
    p->beta = view_of(&a->beta);
    return status;
}

static sa_status check_flags(struct report *report, const sa_linear_attention_args *a) {
    if (a->features < SA_FEATURES_IDENTITY || a->features > SA_FEATURES_SQUARE)
        return fail(report, SA_ERR_VALUE, "features is %d, which is no SA_FEATURES_ number", (int)a->features);
    if (a->form < SA_LINEAR_AUTO || a->form > SA_LINEAR_CHUNKED)
        return fail(report, SA_ERR_VALUE, "form is %d, which is no SA_LINEAR_ number", (int)a->form);
    if ((a->normalised & ~1) || (a->bidirectional & ~1))
        return fail(report, SA_ERR_VALUE, "normalised is %d and bidirectional %d, must be 0 or 1", (int)a->normalised,
                    (int)a->bidirectional);
    if (a->bidirectional && (a->decay.data || a->beta.data))
        return fail(report, SA_ERR_UNSUPPORTED, "bidirectional is 1 with %s, which needs an order of tokens",
                    a->decay.data ? "decay" : "beta");
    if (a->bidirectional && a->form == SA_LINEAR_RECURRENT)
        return fail(report, SA_ERR_UNSUPPORTED, "bidirectional is 1 with form SA_LINEAR_RECURRENT");
    if (!isfinite(a->epsilon) || a->epsilon < 0 || (a->epsilon > 0 && !a->normalised))
        return fail(report, SA_ERR_VALUE, "epsilon is %g, must be finite and >= 0, and 0 unless normalised",
                    (double)a->epsilon);
    return SA_OK;
}

static sa_status take_random(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p) {
    p->random = a->random_features;
    if (!p->random) return SA_OK;
    if (a->features != SA_FEATURES_IDENTITY || !a->normalised)
        return fail(report, SA_ERR_VALUE, "features is %d and normalised %d; with random features they are 0 and 1",
                    (int)a->features, (int)a->normalised);
    if (p->random->D != p->D)
        return fail(report, SA_ERR_SHAPE, "random_features are for head_size %lld, but query.size[3] is %lld",
                    (long long)p->random->D, (long long)p->D);
    if (a->scale < 0) return fail(report, SA_ERR_VALUE, "scale is %g, must be above 0", (double)a->scale);
    return SA_OK;
}

static sa_status take_linear_scale(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p) {
    float softcap;
    p->normalised = a->normalised, p->bidirectional = a->bidirectional, p->features = a->features;
    p->epsilon = a->epsilon;
    sa_status status = take_scale(report, a->scale, 0, p->D, &p->scale, &softcap);
    if (status != SA_OK || !a->normalised || p->random) return status;
    if (a->scale != 0)
        return fail(report, SA_ERR_VALUE, "scale is %g, must be 0 if normalised: it would cancel", (double)a->scale);
    p->scale = 1;
    return SA_OK;
}

static sa_status take_state(struct report *report, const sa_linear_attention_args *a, struct linear_problem *p) {
    const struct sa_linear_state *s = p->state = a->state;
    if (!linear_sizes_of(p->random ? p->random->m : p->D, p->Dv, p->normalised, &p->sizes, &p->head_floats))
        return fail_overflow(report, "the size of a state");
    if (!s || (s->B == p->B && s->K == p->K && s->sizes.features == p->sizes.features && s->Dv == p->Dv &&
               s->normalised == p->normalised))
        return SA_OK;
    return fail(report, SA_ERR_SHAPE,
                "the state has B %lld, K %lld, D %lld, Dv %lld, normalised %d, but the call B %lld, K %lld, D %lld, Dv "
                "%lld, normalised %d",
                (long long)s->B, (long long)s->K, (long long)s->sizes.features, (long long)s->Dv, s->normalised,
                (long long)p->B, (long long)p->K, (long long)p->sizes.features, (long long)p->Dv, p->normalised);
}

static sa_status take_linear(sa_ctx *ctx, const sa_linear_attention_args *args, int data_needed,
                             struct linear_problem *p, int64_t *bytes) {
    struct report *report = &ctx->report;
    sa_linear_attention_args a;
    *p = (struct linear_problem){0};
    if (!args) return fail_null(report, "args");
    sa_status status =
        take_struct(report, "sa_linear_attention_args", args, &a, sizeof a, offsetof(sa_linear_attention_args, decay));
    if (status == SA_OK) status = check_flags(report, &a);
    if (status == SA_OK) status = take_tensors(report, &a, p, data_needed);
    if (status == SA_OK) status = take_random(report, &a, p);
    if (status == SA_OK) status = take_decay(report, &a, p, data_needed);
    if (status == SA_OK) status = take_beta(report, &a, p, data_needed);
    if (status == SA_OK) status = take_linear_scale(report, &a, p);
    if (status == SA_OK) status = take_state(report, &a, p);
    if (status == SA_OK && a.lengths) status = check_lengths(report, p->lengths = a.lengths, p->B, p->S);
    if (status != SA_OK) return status;
    p->recurrent = a.form == SA_LINEAR_AUTO ? p->T <= FEW_TOKENS && !p->bidirectional : a.form == SA_LINEAR_RECURRENT;
    *bytes = linear_bytes(&ctx->machine, p);
    return *bytes >= 0 ? SA_OK : fail_overflow(report, "the size of the scratch memory");
}

sa_status sa_linear_attention(sa_ctx *ctx, const sa_linear_attention_args *args) {
    struct linear_problem p;
    int64_t bytes = 0;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_linear(ctx, args, 1, &p, &bytes);
    if (status == SA_OK) status = context_reserve(ctx, bytes);
    if (p.state) watch_shield(&ctx->watch);
    if (status == SA_OK) linear_run(&ctx->machine, &p, ctx->scratch);
    return context_leave(ctx, status);
}

sa_status sa_linear_attention_workspace_size(sa_ctx *ctx, const sa_linear_attention_args *args, uint64_t *bytes) {
    struct linear_problem p;
    int64_t needed = 0;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_linear(ctx, args, 0, &p, &needed) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)needed : 0;
    return context_leave(ctx, status);
}
