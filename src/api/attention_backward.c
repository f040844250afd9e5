/* SPDX-License-Identifier: MIT */
#include "api/attention.h"
#include "api/context.h"
#include "flow/backward/backward.h"

#include <string.h>

/* A gradient has float32 and the sizes of what it belongs to. */
static sa_status take_gradient(struct report *report, const sa_tensor *t, const char *name, const sa_tensor *of,
                               const char *const source[4], int data_needed, struct view *view) {
    struct expected e = {.name = name, .use = USE_OUTPUT, .data_needed = data_needed};
    if (!t->data) return SA_OK;
    for (int i = 0; i < 4; i++) {
        e.size[i] = of->size[i];
        e.source[i] = source[i];
    }
    *view = view_of(t);
    return check_tensor(report, t, &e);
}

static const char *const query_sizes[] = {"query.size[0]", "query.size[1]", "query.size[2]", "query.size[3]"},
                         *const key_sizes[] = {"key.size[0]", "key.size[1]", "key.size[2]", "key.size[3]"},
                         *const value_sizes[] = {"value.size[0]", "value.size[1]", "value.size[2]", "value.size[3]"},
                         *const mask_sizes[] = {"masking.mask.size[0]", "masking.mask.size[1]", "masking.mask.size[2]",
                                                "masking.mask.size[3]"};

static sa_status take_upstream(struct report *report, const sa_attention_args *args, const sa_tensor *t,
                               int data_needed, struct view *view) {
    const sa_tensor *o = &args->output;
    const struct expected e = {"gradients.output",
                               {o->size[0], o->size[1], o->size[2], o->size[3]},
                               {"output.size[0]", "output.size[1]", "output.size[2]", "output.size[3]"},
                               USE_INPUT,
                               1,
                               data_needed};
    *view = view_of(t);
    return check_tensor(report, t, &e);
}

static sa_status take_mask_gradient(struct report *report, const sa_attention_args *args, const sa_tensor *t,
                                    int data_needed, const struct problem *p, struct gradients *g) {
    struct view view;
    sa_masking m;
    if (!t->data) return SA_OK;
    if (p->visible.mask_kind != MASK_ADDED)
        return fail(report, SA_ERR_VALUE, "gradients.mask is given without a mask of numbers");
    sa_status status = take_struct(report, "sa_masking", args->masking, &m, sizeof m, sizeof m.struct_size);
    if (status == SA_OK) status = take_gradient(report, t, "gradients.mask", &m.mask, mask_sizes, data_needed, &view);
    g->mask = t->data;
    g->mask_b = t->size[0] == 1 ? 0 : t->stride[0];
    g->mask_h = t->size[1] == 1 ? 0 : t->stride[1];
    g->mask_t = t->size[2] == 1 ? 0 : t->stride[2];
    g->mask_s = t->size[3] <= 1 ? 0 : t->stride[3];
    return status;
}

static sa_status take_rule_gradients(struct report *report, const sa_attention_gradients *from, const struct problem *p,
                                     struct gradients *g) {
    const struct {
        const char *name;
        const void *wanted, *rule;
    } arrays[] = {{"alibi_slopes", from->alibi_slopes, p->rules.slopes},
                  {"relative_bias", from->relative_bias, p->rules.bias},
                  {"sink_logits", from->sink_logits, p->rules.sinks}};
    for (int i = 0; i < 3; i++)
        if (arrays[i].wanted && !arrays[i].rule)
            return fail(report, SA_ERR_VALUE, "gradients.%s is given without rules.%s", arrays[i].name, arrays[i].name);
    g->slopes = from->alibi_slopes;
    g->bias = from->relative_bias;
    g->sinks = from->sink_logits;
    return SA_OK;
}

static sa_status take_views(struct report *report, const sa_attention_args *args, const sa_attention_gradients *from,
                            int data_needed, const struct problem *p, struct gradients *g) {
    sa_status status = take_upstream(report, args, &from->output, data_needed, &g->upstream);
    if (status == SA_OK)
        status =
            take_gradient(report, &from->query, "gradients.query", &args->query, query_sizes, data_needed, &g->query);
    if (status == SA_OK)
        status = take_gradient(report, &from->key, "gradients.key", &args->key, key_sizes, data_needed, &g->key);
    if (status == SA_OK)
        status =
            take_gradient(report, &from->value, "gradients.value", &args->value, value_sizes, data_needed, &g->value);
    if (status == SA_OK) status = take_mask_gradient(report, args, &from->mask, data_needed, p, g);
    g->upstream.starts = g->query.starts = p->query.starts;
    g->key.starts = g->value.starts = p->key.starts;
    return status;
}

static sa_status take_gradients(sa_ctx *ctx, const sa_attention_args *args, const sa_attention_gradients *gradients,
                                int data_needed, struct problem *p, struct gradients *g, struct backward_plan *plan) {
    struct report *report = &ctx->report;
    sa_attention_args taken;
    sa_attention_gradients from;
    *g = (struct gradients){0};
    sa_status status = take_attention(report, args, data_needed, &taken, p);
    if (status != SA_OK) return status;
    if (!gradients) return fail_null(report, "gradients");
    status = take_struct(report, "sa_attention_gradients", gradients, &from, sizeof from,
                         offsetof(sa_attention_gradients, query));
    if (status != SA_OK) return status;
    if (taken.cache) return fail(report, SA_ERR_UNSUPPORTED, "gradients of keys and values in a cache");
    if (taken.summaries) return fail(report, SA_ERR_UNSUPPORTED, "summaries beside gradients");
    if (taken.callbacks) return fail(report, SA_ERR_UNSUPPORTED, "gradients with callbacks");
    if (taken.weights.data) return fail(report, SA_ERR_VALUE, "weights is given: gradients do not need it");
    if (!p->lse.data && data_needed && p->B && p->T) return fail_null(report, "lse.data");
    status = take_views(report, &taken, &from, data_needed, p, g);
    if (status == SA_OK) status = take_rule_gradients(report, &from, p, g);
    if (status != SA_OK) return status;
    return plan_backward(&ctx->machine, p, g, plan) ? SA_OK : fail_overflow(report, "the size of the scratch memory");
}

/* Sets a gradient that is summed up in place to 0. */
static void clear(const sa_tensor *t) {
    float *data = t->data;
    for (int64_t b = 0; data && b < t->size[0]; b++)
        for (int64_t h = 0; h < t->size[1]; h++)
            for (int64_t s = 0; s < t->size[2]; s++)
                for (int64_t d = 0; d < t->size[3]; d++)
                    data[b * t->stride[0] + h * t->stride[1] + s * t->stride[2] + d * t->stride[3]] = 0;
}

sa_status sa_attention_backward(sa_ctx *ctx, const sa_attention_args *args, const sa_attention_gradients *gradients) {
    struct problem problem;
    struct gradients g;
    struct backward_plan plan;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_gradients(ctx, args, gradients, 1, &problem, &g, &plan);
    if (status == SA_OK) status = context_reserve(ctx, plan.bytes);
    if (status == SA_OK && g.mask) clear(&gradients->mask);
    if (status == SA_OK) backward_run(&ctx->machine, &problem, &g, &plan, ctx->scratch);
    return context_leave(ctx, status);
}

sa_status sa_attention_backward_workspace_size(sa_ctx *ctx, const sa_attention_args *args,
                                               const sa_attention_gradients *gradients, uint64_t *bytes) {
    struct problem problem;
    struct gradients g;
    struct backward_plan plan;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_gradients(ctx, args, gradients, 0, &problem, &g, &plan) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)plan.bytes : 0;
    return context_leave(ctx, status);
}
