/* SPDX-License-Identifier: MIT */
#include "api/forward.h"

#include "api/context.h"
#include "api/problem.h"

static sa_status check_rows(struct report *report, const sa_tensor *t, const struct expected *e) {
    sa_status status = check_tensor(report, t, e);
    if (status != SA_OK || t->size[3] <= 1 || t->stride[3] == 1) return status;
    return fail(report, SA_ERR_UNSUPPORTED, "%s.stride[3] is %lld; rows have to be contiguous", e->name,
                (long long)t->stride[3]);
}

static sa_status take_tensors(struct report *report, const sa_forward_args *a, struct forward *f, int data_needed) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    const struct expected x = {"x", {-1, 1, -1, l->E}, USE_INPUT, 1, data_needed};
    sa_status status = check_rows(report, &a->x, &x);
    if (status != SA_OK) return status;
    p->B = a->x.size[0], p->T = p->S = a->x.size[2];
    const struct expected y = {"y", {p->B, 1, p->T, l->Eo}, USE_OUTPUT, 1, data_needed};
    if ((status = check_rows(report, &a->y, &y)) != SA_OK) return status;
    f->x = view_of(&a->x), f->y = view_of(&a->y);
    if (a->context.data) {
        const struct expected context = {"context", {p->B, 1, -1, l->Ec}, USE_INPUT, 1, data_needed};
        if ((status = check_rows(report, &a->context, &context)) != SA_OK) return status;
        p->S = a->context.size[2];
        f->context = view_of(&a->context);
    } else if (l->E != l->Ec) {
        return fail(report, SA_ERR_SHAPE,
                    "no context is given, but the layer makes keys from width %lld and x has %lld", (long long)l->Ec,
                    (long long)l->E);
    }
    return SA_OK;
}

sa_status take_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, int data_needed,
                       struct forward *f) {
    struct report *report = &ctx->report;
    sa_forward_args a;
    if (!layer) return fail_null(report, "layer");
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_forward_args", args, &a, sizeof a, offsetof(sa_forward_args, masking));
    if (status == SA_OK && a.reserved)
        status = fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)a.reserved);
    *f = (struct forward){.layer = layer};
    struct problem *p = &f->problem;
    p->H = layer->H, p->K = layer->K, p->G = layer->G, p->D = layer->D, p->Dv = layer->Dv;
    p->scale = layer->scale, p->softcap = layer->softcap;
    if (status == SA_OK) status = take_tensors(report, &a, f, data_needed);
    const struct extras extras = {a.masking, &a.lse, &a.weights, a.weights_kind, NULL};
    if (status == SA_OK) status = take_extras(report, &extras, p, data_needed);
    if (status != SA_OK) return status;
    return forward_plan(&ctx->machine, f) ? SA_OK : fail_overflow(report, "the size of the scratch memory");
}

sa_status sa_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) {
    struct forward forward;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_forward(ctx, layer, args, 1, &forward);
    if (status == SA_OK) status = context_reserve(ctx, forward.bytes);
    if (status == SA_OK) forward_run(&ctx->machine, &forward, ctx->scratch);
    return context_leave(ctx, status);
}

sa_status sa_forward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, uint64_t *bytes) {
    struct forward forward;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_forward(ctx, layer, args, 0, &forward) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)forward.bytes : 0;
    return context_leave(ctx, status);
}
