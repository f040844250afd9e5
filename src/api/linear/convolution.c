/* SPDX-License-Identifier: MIT */
#include "linear/convolution.h"
#include "api/context.h"
#include "api/tensor.h"

#include <stddef.h>

enum { MOST_TAPS = 1024 };

static sa_status take_tensors(struct report *report, const sa_causal_conv_args *a, struct convolution *c) {
    const struct expected x = {"x", {-1, 1, -1, -1}, {NULL}, USE_INPUT, 1, 1};
    sa_status status = check_tensor(report, &a->x, &x);
    if (status != SA_OK) return status;
    c->B = a->x.size[0], c->T = a->x.size[2], c->C = a->x.size[3];
    const struct expected weight = {"weight", {1, 1, c->C, -1}, {NULL, NULL, "x.size[3]"}, USE_INPUT, 1, 1};
    if ((status = check_tensor(report, &a->weight, &weight)) != SA_OK) return status;
    c->taps = a->weight.size[3];
    if (c->taps < 1 || c->taps > MOST_TAPS)
        return fail(report, SA_ERR_VALUE, "weight.size[3] (taps) is %lld, must be 1 to %d", (long long)c->taps,
                    (int)MOST_TAPS);
    const struct expected bias = {"bias", {1, 1, 1, c->C}, {NULL, NULL, NULL, "x.size[3]"}, USE_INPUT, 1, 1};
    const struct expected y = {"y", {c->B, 1, c->T, c->C}, {"x.size[0]", NULL, "x.size[2]", "x.size[3]"}, USE_OUTPUT, 1,
                               1};
    const struct expected state = {
        "state", {c->B, 1, c->taps - 1, c->C}, {"x.size[0]", NULL, "weight.size[3] - 1", "x.size[3]"}, USE_OUTPUT, 1,
        1};
    if (a->bias.data) status = check_tensor(report, &a->bias, &bias);
    if (status == SA_OK) status = check_tensor(report, &a->y, &y);
    if (status == SA_OK && a->state.data) status = check_tensor(report, &a->state, &state);
    if (status == SA_OK && a->y.dtype != a->x.dtype)
        status =
            fail(report, SA_ERR_VALUE, "y.dtype is %d, must be %d, which is x.dtype", (int)a->y.dtype, (int)a->x.dtype);
    if (status != SA_OK) return status;
    c->x = view_of(&a->x), c->weight = view_of(&a->weight), c->y = view_of(&a->y);
    if (a->bias.data) c->bias = view_of(&a->bias);
    if (a->state.data) c->state = view_of(&a->state);
    return SA_OK;
}

static sa_status convolve(sa_ctx *ctx, const sa_causal_conv_args *args) {
    struct report *report = &ctx->report;
    sa_causal_conv_args a;
    struct convolution c = {0};
    if (!args) return fail_null(report, "args");
    sa_status status =
        take_struct(report, "sa_causal_conv_args", args, &a, sizeof a, offsetof(sa_causal_conv_args, state));
    if (status != SA_OK) return status;
    if ((a.activation != SA_CONV_PLAIN && a.activation != SA_CONV_SILU) || a.reserved)
        return fail(report, SA_ERR_VALUE, "activation is %d, must be an SA_CONV_ number; reserved is %d, must be 0",
                    (int)a.activation, (int)a.reserved);
    c.silu = a.activation == SA_CONV_SILU;
    if ((status = take_tensors(report, &a, &c)) != SA_OK) return status;
    const int64_t bytes = convolution_bytes(&ctx->machine, &c);
    if (bytes < 0) return fail_overflow(report, "the size of the scratch memory");
    status = context_reserve(ctx, bytes);
    if (c.state.data) watch_shield(&ctx->watch);
    if (status == SA_OK) convolution_run(&ctx->machine, &c, ctx->scratch);
    return status;
}

sa_status sa_causal_conv(sa_ctx *ctx, const sa_causal_conv_args *args) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, convolve(ctx, args)) : status;
}
