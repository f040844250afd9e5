/* SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/forward.h"
#include "api/gradient/gradients.h"
#include "flow/backward/layer.h"

/* A checked and planned call. */
struct call {
    struct machine machine;
    struct forward forward;
    struct layer_gradients gradients;
    struct layer_backward_plan plan;
};

/* One of rows of the layer's inputs and output. */
static sa_status take_rows(struct report *report, const sa_tensor *t, const char *name, const sa_tensor *of,
                           const char *const source[4], enum use use, int data_needed, struct view *view) {
    const sa_status status = take_gradient(report, t, name, of, source, use, data_needed, view);
    return status == SA_OK && t->data ? check_rows_contiguous(report, t, name) : status;
}

static sa_status take_views(struct report *report, const sa_forward_args *a, const sa_layer_gradients *from,
                            int data_needed, struct layer_gradients *g) {
    static const char *const x[] = {"x.size[0]", "x.size[1]", "x.size[2]", "x.size[3]"},
                             *const y[] = {"y.size[0]", "y.size[1]", "y.size[2]", "y.size[3]"},
                             *const c[] = {"context.size[0]", "context.size[1]", "context.size[2]", "context.size[3]"};
    if (from->context.data && !a->context.data)
        return fail(report, SA_ERR_VALUE, "gradients.context is given without a context");
    sa_status status = take_rows(report, &from->y, "gradients.y", &a->y, y, USE_INPUT, data_needed, &g->upstream);
    if (status == SA_OK) status = take_rows(report, &from->x, "gradients.x", &a->x, x, USE_OUTPUT, data_needed, &g->x);
    if (status != SA_OK) return status;
    return take_rows(report, &from->context, "gradients.context", &a->context, c, USE_OUTPUT, data_needed, &g->context);
}

/* What a layer does not have has no gradient, and queries, keys and values are not wanted twice. */
static sa_status check_wanted(struct report *report, const sa_layer_gradients *from, const struct sa_layer *l) {
    const struct {
        const char *name, *without;
        const void *wanted;
        int has;
    } arrays[] = {{"weight_o", "an output projection", from->weight_o, l->output.weights != NULL},
                  {"bias_o", "an output projection", from->bias_o, l->output.weights != NULL},
                  {"query_norm", "norms", from->query_norm, l->query_norm.weight != NULL},
                  {"key_norm", "norms", from->key_norm, l->query_norm.weight != NULL},
                  {"weight_qkv", "equal widths of x and context", from->weight_qkv, l->E == l->Ec}};
    if (from->weight_order != SA_OUT_IN && from->weight_order != SA_IN_OUT)
        return fail(report, SA_ERR_VALUE, "gradients.weight_order is %d, which is neither SA_OUT_IN nor SA_IN_OUT",
                    (int)from->weight_order);
    if (from->reserved) return fail(report, SA_ERR_VALUE, "gradients.reserved is %d, must be 0", (int)from->reserved);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i].wanted && !arrays[i].has)
            return fail(report, SA_ERR_VALUE, "gradients.%s is given, but the layer is without %s", arrays[i].name,
                        arrays[i].without);
    if (from->weight_qkv && (from->weight_q || from->weight_k || from->weight_v))
        return fail(report, SA_ERR_VALUE, "gradients.%s is given beside gradients.weight_qkv",
                    from->weight_q   ? "weight_q"
                    : from->weight_k ? "weight_k"
                                     : "weight_v");
    if (from->bias_qkv && (from->bias_q || from->bias_k || from->bias_v))
        return fail(report, SA_ERR_VALUE, "gradients.%s is given beside gradients.bias_qkv",
                    from->bias_q   ? "bias_q"
                    : from->bias_k ? "bias_k"
                                   : "bias_v");
    return SA_OK;
}

/* Outputs first .. first + out of one matrix for all. */
static struct matrix_gradient joint_gradient(const sa_layer_gradients *from, const struct sa_layer *l, int64_t first) {
    const int in_out = from->weight_order == SA_IN_OUT;
    return (struct matrix_gradient){.weights = from->weight_qkv ? from->weight_qkv + first * (in_out ? 1 : l->E) : NULL,
                                    .bias = from->bias_qkv ? from->bias_qkv + first : NULL,
                                    .ld = in_out ? l->H * l->D + l->K * (l->D + l->Dv) : l->E,
                                    .in_out = in_out};
}

/* The gradient of a matrix of its own, if it is wanted. */
static void set_own(struct matrix_gradient *g, float *weights, float *bias, int64_t in, int64_t out) {
    if (weights) {
        g->weights = weights;
        g->ld = g->in_out ? out : in;
    }
    if (bias) g->bias = bias;
}

static void set_matrices(const sa_layer_gradients *from, const struct sa_layer *l, struct layer_gradients *g) {
    const int64_t q = l->H * l->D, k = l->K * l->D, v = l->K * l->Dv;
    g->query = joint_gradient(from, l, 0);
    g->key = joint_gradient(from, l, q);
    g->value = joint_gradient(from, l, q + k);
    g->output.in_out = g->query.in_out;
    set_own(&g->query, from->weight_q, from->bias_q, l->E, q);
    set_own(&g->key, from->weight_k, from->bias_k, l->Ec, k);
    set_own(&g->value, from->weight_v, from->bias_v, l->Ec, v);
    set_own(&g->output, from->weight_o, from->bias_o, l->H * l->Dv, l->Eo);
    g->query_norm = from->query_norm;
    g->key_norm = from->key_norm;
}

static sa_status check_call(struct report *report, const sa_layer *layer, const sa_forward_args *a) {
    if (layer->L) return fail(report, SA_ERR_UNSUPPORTED, "gradients of a layer with latent attention");
    return check_differentiable(report, a->cache, a->summaries, a->callbacks, &a->weights);
}

static sa_status take_call(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                           const sa_layer_gradients *gradients, int data_needed, struct call *call) {
    struct report *report = &ctx->report;
    struct layer_gradients *g = &call->gradients;
    const struct problem *p = &call->forward.problem;
    sa_forward_args a;
    sa_layer_gradients from;
    *g = (struct layer_gradients){0};
    call->machine = exact_machine(&ctx->machine);
    sa_status status = take_forward(report, layer, args, data_needed, &a, &call->forward);
    if (status == SA_OK) status = check_call(report, layer, &a);
    if (status != SA_OK) return status;
    if (!gradients) return fail_null(report, "gradients");
    status = take_struct(report, "sa_layer_gradients", gradients, &from, sizeof from, offsetof(sa_layer_gradients, x));
    if (status == SA_OK) status = take_views(report, &a, &from, data_needed, g);
    if (status == SA_OK) status = check_wanted(report, &from, layer);
    if (status == SA_OK) status = take_mask_gradient(report, a.masking, &from.mask, data_needed, p, &g->attention);
    if (status == SA_OK)
        status = take_rule_gradients(report, from.alibi_slopes, from.relative_bias, from.sink_logits, p, &g->attention);
    if (status != SA_OK) return status;
    set_matrices(&from, layer, g);
    return layer_backward_plan(&call->machine, &call->forward, g, &call->plan)
               ? SA_OK
               : fail_overflow(report, "the size of the scratch memory");
}

sa_status sa_forward_backward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                              const sa_layer_gradients *gradients) {
    struct call call;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_call(ctx, layer, args, gradients, 1, &call);
    if (status == SA_OK) status = context_reserve(ctx, call.plan.scratch.bytes);
    if (status == SA_OK && call.gradients.attention.mask) clear_gradient(&gradients->mask);
    if (status == SA_OK) layer_backward_run(&call.machine, &call.forward, &call.gradients, &call.plan, ctx->scratch);
    return context_leave(ctx, status);
}

sa_status sa_forward_backward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                                             const sa_layer_gradients *gradients, uint64_t *bytes) {
    struct call call;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_call(ctx, layer, args, gradients, 0, &call) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)call.plan.scratch.bytes : 0;
    return context_leave(ctx, status);
}
