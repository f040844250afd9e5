/* The argument rules of sa_forward(): from its struct to a checked call of a layer.
 * SPDX-License-Identifier: MIT */
#include "api/forward.h"

#include "api/cache.h"
#include "api/context.h"
#include "api/latent.h"
#include "api/packing.h"
#include "api/problem.h"
#include "api/rope.h"
#include "base/arith.h"
#include "flow/latent.h"

static sa_status check_rows(struct report *report, const sa_tensor *t, const struct expected *e) {
    const sa_status status = check_tensor(report, t, e);
    return status == SA_OK ? check_rows_contiguous(report, t, e->name) : status;
}

static sa_status take_tensors(struct report *report, const sa_forward_args *a, struct forward *f, int data_needed) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    const struct expected x = {"x", {-1, 1, -1, l->E}, {NULL, NULL, NULL, "the layer's model_width"}, USE_INPUT,
                               1,   data_needed};
    sa_status status = check_rows(report, &a->x, &x);
    if (status != SA_OK) return status;
    p->B = a->x.size[0], p->T = p->S = f->N = a->x.size[2];
    const struct expected y = {
        "y",        {p->B, 1, p->T, l->Eo}, {"x.size[0]", NULL, "x.size[2]", "the layer's output_width"}, USE_OUTPUT, 1,
        data_needed};
    if ((status = check_rows(report, &a->y, &y)) != SA_OK) return status;
    f->x = view_of(&a->x), f->y = view_of(&a->y);
    if (a->context.data) {
        const struct expected context = {
            "context", {p->B, 1, -1, l->Ec}, {"x.size[0]", NULL, NULL, "the layer's context_width"}, USE_INPUT,
            1,         data_needed};
        if ((status = check_rows(report, &a->context, &context)) != SA_OK) return status;
        p->S = f->N = a->context.size[2];
        f->has_context = 1;
        f->context = view_of(&a->context);
    } else if (l->E != l->Ec && !f->reading) {
        return fail(report, SA_ERR_SHAPE,
                    "no context is given, but the layer makes keys from width %lld and x has %lld", (long long)l->Ec,
                    (long long)l->E);
    }
    return SA_OK;
}

/* After the tensors: they have one sequence of all rows. */
static sa_status take_packed(struct report *report, const sa_forward_args *a, struct forward *f) {
    const struct packed_axes axes = {.batch_name = "x.size[0]",
                                     .query_name = "x.size[2]",
                                     .key_name = f->has_context ? "context.size[2]" : "x.size[2]",
                                     .batch = f->problem.B,
                                     .queries = f->problem.T,
                                     .keys = f->N,
                                     .own_keys = f->has_context};
    if (a->cache) return fail(report, SA_ERR_UNSUPPORTED, "packing is given beside a cache");
    if (a->weights.data)
        return fail(report, SA_ERR_UNSUPPORTED, "weights is given beside a packing: its sequences have no common S");
    f->packed = 1, f->rows = axes.queries;
    return take_packing(report, a->packing, &axes, &f->problem);
}

/* Arguments about the cache; they are checked before the tensors. */
static sa_status take_cache(struct report *report, const sa_forward_args *a, struct forward *f) {
    f->cache = a->cache, f->cache_layer = a->cache_layer, f->lengths = a->lengths, f->positions = a->positions;
    f->reading = a->cache_use == SA_CACHE_READ;
    if (a->cache_use != SA_CACHE_APPEND && !f->reading)
        return fail(report, SA_ERR_VALUE, "cache_use is %d, which is no SA_CACHE_ constant", (int)a->cache_use);
    if (!a->cache && a->cache_layer)
        return fail(report, SA_ERR_VALUE, "cache_layer is %lld without a cache", (long long)a->cache_layer);
    if (!a->cache && f->reading) return fail(report, SA_ERR_VALUE, "cache_use is SA_CACHE_READ without a cache");
    if (a->lengths && (!a->cache || f->reading))
        return fail(report, SA_ERR_VALUE, "lengths is given %s", a->cache ? "with SA_CACHE_READ" : "without a cache");
    if (f->reading && a->context.data) return fail(report, SA_ERR_VALUE, "context is given with SA_CACHE_READ");
    return a->cache ? check_cache(report, a->cache, a->cache_layer) : SA_OK;
}

/* Tokens without given positions stand behind the tokens in the cache, the furthest in the longest sequence; without a
 * cache they stand from 0 on. */
static sa_status check_own_positions(struct report *report, const struct forward *f) {
    const struct rotation *r = &f->layer->rotation;
    int behind = f->cache && !f->reading && !f->has_context;
    int64_t before = behind ? cache_longest(f->cache, f->cache_layer, NULL, 0) : 0;
    int64_t queries = f->positions ? 0 : f->problem.T;
    sa_status status = check_position_range(report, r, before, queries);
    return status == SA_OK && f->has_context ? check_position_range(report, r, 0, f->N) : status;
}

/* Checks positions, and how many tokens of each sequence are real. */
static sa_status check_tokens(struct report *report, const struct forward *f) {
    const struct problem *p = &f->problem;
    sa_status status = check_own_positions(report, f);
    if (status == SA_OK && f->positions && !f->layer->rotation.rotary)
        status = fail(report, SA_ERR_VALUE, "positions is given, but the layer has no rope");
    return status == SA_OK && f->lengths ? check_lengths(report, f->lengths, p->B, f->N) : status;
}

/* Sizes that depend on the number of tokens in the cache, before and after the call. */
static sa_status open_cache(struct report *report, struct forward *f, int data_needed) {
    struct sa_cache *c = f->cache;
    struct problem *p = &f->problem;
    sa_status status = check_cache_sizes(report, c, p);
    if (status != SA_OK) return status;
    int64_t most = f->reading ? 0 : f->N;
    p->S = cache_longest(c, f->cache_layer, f->lengths, most);
    if (!data_needed) return SA_OK;
    return cache_make_room(c, f->cache_layer, f->lengths, most, report);
}

/* A call that is checked, and planned: one of the plans. */
struct planned {
    struct forward forward;
    struct forward_plan plan;
    struct latent_plan latent;
};

static sa_status plan_call(sa_ctx *ctx, struct planned *p, int32_t latent_form) {
    struct forward *f = &p->forward;
    const int fits = f->layer->L
                         ? latent_plan(&ctx->machine, f, runs_expanded(&ctx->machine, f, latent_form), &p->latent)
                         : forward_plan(&ctx->machine, f, &p->plan);
    return fits ? SA_OK : fail_overflow(&ctx->report, "the size of the scratch memory");
}

static int64_t bytes_of(const struct planned *p) {
    return p->forward.layer->L ? p->latent.scratch.bytes : p->plan.scratch.bytes;
}

sa_status take_forward(struct report *report, const sa_layer *layer, const sa_forward_args *args, int data_needed,
                       sa_forward_args *a, struct forward *f) {
    if (!layer) return fail_null(report, "layer");
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_forward_args", args, a, sizeof *a, offsetof(sa_forward_args, masking));
    if (status == SA_OK && a->reserved)
        status = fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)a->reserved);
    *f = forward_of(layer);
    struct problem *p = &f->problem;
    if (status == SA_OK) status = take_cache(report, a, f);
    if (status == SA_OK) status = check_latent_call(report, layer, a);
    if (status == SA_OK) status = take_tensors(report, a, f, data_needed);
    if (status == SA_OK && f->positions)
        status = check_positions(report, &f->layer->rotation, f->positions, p->B * p->T);
    if (status == SA_OK && a->packing) status = take_packed(report, a, f);
    if (status == SA_OK) status = check_tokens(report, f);
    if (status == SA_OK && f->cache) status = open_cache(report, f, data_needed);
    const struct extras extras = {a->masking, &a->lse,      &a->weights,  a->weights_kind, NULL,
                                  a->blocks,  a->callbacks, a->summaries, a->dropout,      0};
    if (status == SA_OK) status = take_extras(report, &extras, p, data_needed);
    if (status == SA_OK && f->cache) status = check_cache_rules(report, f->cache, p);
    if (status == SA_OK && f->cache) forward_see_cache(f);
    return status;
}

/* The same, planned. data_needed is 0 where only sizes are asked about. */
static sa_status take_call(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, int data_needed,
                           struct planned *call) {
    sa_forward_args taken;
    const sa_status status = take_forward(&ctx->report, layer, args, data_needed, &taken, &call->forward);
    return status == SA_OK ? plan_call(ctx, call, taken.latent_form) : status;
}

sa_status sa_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) {
    struct planned call;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_call(ctx, layer, args, 1, &call);
    if (status == SA_OK) status = context_reserve(ctx, bytes_of(&call));
    if (status == SA_OK && layer->L)
        latent_run(&ctx->machine, &call.forward, &call.latent, ctx->scratch);
    else if (status == SA_OK)
        forward_run(&ctx->machine, &call.forward, &call.plan, ctx->scratch);
    if (status == SA_OK && call.forward.cache && !call.forward.reading && context_cancelled(ctx) != SA_OK)
        cache_revert(call.forward.cache, call.forward.cache_layer);
    return context_leave(ctx, status);
}

sa_status sa_forward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, uint64_t *bytes) {
    struct planned call;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_call(ctx, layer, args, 0, &call) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)bytes_of(&call) : 0;
    return context_leave(ctx, status);
}
