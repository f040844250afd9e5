/* SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "api/attention.h"
#include "api/cache.h"
#include "api/context.h"
#include "api/packing.h"
#include "api/problem.h"
#include "base/arith.h"
#include "base/memory.h"

#define QUERY(axis) "query.size[" #axis "]"

static sa_status take_heads(struct report *report, const char *keys, struct problem *p) {
    if (!p->H || !p->K || !p->D || !p->Dv)
        return fail(report, SA_ERR_VALUE, "heads and head sizes must be at least 1: H %lld, K %lld, D %lld, Dv %lld",
                    (long long)p->H, (long long)p->K, (long long)p->D, (long long)p->Dv);
    if (p->H % p->K)
        return fail(report, SA_ERR_SHAPE, "%s has %lld heads, which does not divide query's %lld", keys,
                    (long long)p->K, (long long)p->H);
    p->G = p->H / p->K;
    return SA_OK;
}

/* Keys and values come from a cache; the query has been checked. */
static sa_status take_cached(struct report *report, const sa_attention_args *a, struct problem *p, int data_needed) {
    const struct sa_cache *c = a->cache;
    if (a->key.data || a->value.data)
        return fail(report, SA_ERR_VALUE, "%s is given beside a cache", a->key.data ? "key" : "value");
    sa_status status = check_cache(report, c, a->cache_layer);
    if (status != SA_OK) return status;
    p->K = c->K, p->Dv = c->Dv, p->S = cache_longest(c, a->cache_layer, NULL, 0);
    status = check_cache_sizes(report, c, p);
    const struct expected output = {
        "output",   {p->B, p->H, p->T, p->Dv}, {QUERY(0), QUERY(1), QUERY(2), "the cache's Dv"}, USE_OUTPUT, 1,
        data_needed};
    if (status == SA_OK) status = check_tensor(report, &a->output, &output);
    p->query = view_of(&a->query), p->output = view_of(&a->output);
    p->key = cache_view(c, a->cache_layer, 0), p->value = cache_view(c, a->cache_layer, 1);
    return status == SA_OK ? take_heads(report, "the cache", p) : status;
}

/* Lengths and window are the cache's. By default the last query stands at the last key. */
static sa_status take_cache_rules(struct report *report, const sa_attention_args *a, struct problem *p) {
    sa_status status = check_cache_rules(report, a->cache, p);
    cache_see_window(a->cache, a->cache_layer, &p->visible);
    p->visible.key_lengths = a->cache->lengths + a->cache_layer * a->cache->B;
    p->visible.bottom_right |= p->visible.align_default;
    return status;
}

/* Query comes first: it sets B, H, T and D, and the others have to agree. */
static sa_status take_tensors(struct report *report, const sa_attention_args *a, struct problem *p, int data_needed) {
    const struct expected query = {"query", {-1, -1, -1, -1}, {NULL}, USE_INPUT, 1, data_needed};
    sa_status status = check_tensor(report, &a->query, &query);
    if (status != SA_OK) return status;
    p->B = a->query.size[0], p->H = a->query.size[1], p->T = a->query.size[2], p->D = a->query.size[3];
    if (a->cache) return take_cached(report, a, p, data_needed);
    const struct expected key = {"key", {p->B, -1, -1, p->D}, {QUERY(0), NULL, NULL, QUERY(3)}, USE_INPUT,
                                 1,     data_needed};
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
    set_view(&p->query, &a->query);
    set_view(&p->key, &a->key);
    set_view(&p->value, &a->value);
    set_view(&p->output, &a->output);
    return take_heads(report, "key", p);
}

/* After the tensors: they have one sequence of all rows. */
static sa_status take_packed(struct report *report, const sa_attention_args *a, struct problem *p) {
    const struct packed_axes axes = {.batch_name = QUERY(0),
                                     .query_name = QUERY(2),
                                     .key_name = "key.size[2]",
                                     .batch = p->B,
                                     .queries = p->T,
                                     .keys = p->S,
                                     .own_keys = 1};
    if (a->cache) return fail(report, SA_ERR_UNSUPPORTED, "packing is given beside a cache");
    if (a->weights.data)
        return fail(report, SA_ERR_UNSUPPORTED, "weights is given beside a packing: its sequences have no common S");
    return take_packing(report, a->packing, &axes, p);
}

sa_status take_attention(struct report *report, const sa_attention_args *args, int data_needed, sa_attention_args *a,
                         struct problem *p) {
    memory_clear(p, sizeof *p);
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_attention_args", args, a, sizeof *a, offsetof(sa_attention_args, scale));
    if (status == SA_OK && a->reserved)
        status = fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)a->reserved);
    if (status == SA_OK && !a->cache && a->cache_layer)
        status = fail(report, SA_ERR_VALUE, "cache_layer is %lld without a cache", (long long)a->cache_layer);
    if (status == SA_OK) status = take_tensors(report, a, p, data_needed);
    if (status == SA_OK && a->packing) status = take_packed(report, a, p);
    if (status == SA_OK) status = take_scale(report, a->scale, a->softcap, p->D, &p->scale, &p->softcap);
    p->chain = choose_chain(p->scale, p->D);
    const struct extras extras = {a->masking, &a->lse,      &a->weights,  a->weights_kind, a->rules,
                                  a->blocks,  a->callbacks, a->summaries, a->dropout,      1};
    if (status == SA_OK) status = take_extras(report, &extras, p, data_needed);
    if (status == SA_OK && a->cache) status = take_cache_rules(report, a, p);
    return status;
}

static sa_status take_and_plan(sa_ctx *ctx, const sa_attention_args *args, int data_needed, struct problem *p,
                               struct plan *plan) {
    sa_attention_args taken;
    sa_status status = take_attention(&ctx->report, args, data_needed, &taken, p);
    if (status != SA_OK) return status;
    return plan_attention(&ctx->machine, p, plan) ? SA_OK
                                                  : fail_overflow(&ctx->report, "the size of the scratch memory");
}

sa_status sa_attention(sa_ctx *ctx, const sa_attention_args *args) {
    struct problem problem;
    struct plan plan;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_and_plan(ctx, args, 1, &problem, &plan);
    if (status == SA_OK) status = context_reserve(ctx, plan.bytes);
    if (status == SA_OK) attention_run(&ctx->machine, &problem, &plan, ctx->scratch);
    return context_leave(ctx, status);
}

sa_status sa_attention_workspace_size(sa_ctx *ctx, const sa_attention_args *args, uint64_t *bytes) {
    struct problem problem;
    struct plan plan;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_and_plan(ctx, args, 0, &problem, &plan) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)plan.bytes : 0;
    return context_leave(ctx, status);
}
