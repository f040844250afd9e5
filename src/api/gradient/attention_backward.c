/* SPDX-License-Identifier: MIT */
#include "api/attention.h"
#include "api/context.h"
#include "api/gradient/gradients.h"

static const char *const query_sizes[] = {"query.size[0]", "query.size[1]", "query.size[2]", "query.size[3]"},
                         *const key_sizes[] = {"key.size[0]", "key.size[1]", "key.size[2]", "key.size[3]"},
                         *const value_sizes[] = {"value.size[0]", "value.size[1]", "value.size[2]", "value.size[3]"},
                         *const output_sizes[] = {"output.size[0]", "output.size[1]", "output.size[2]",
                                                  "output.size[3]"};

static sa_status take_views(struct report *report, const sa_attention_args *a, const sa_attention_gradients *from,
                            int data_needed, const struct problem *p, struct gradients *g) {
    sa_status status = take_gradient(report, &from->output, "gradients.output", &a->output, output_sizes, USE_INPUT,
                                     data_needed, &g->upstream);
    if (status == SA_OK)
        status = take_gradient(report, &from->query, "gradients.query", &a->query, query_sizes, USE_OUTPUT, data_needed,
                               &g->query);
    if (status == SA_OK)
        status =
            take_gradient(report, &from->key, "gradients.key", &a->key, key_sizes, USE_OUTPUT, data_needed, &g->key);
    if (status == SA_OK)
        status = take_gradient(report, &from->value, "gradients.value", &a->value, value_sizes, USE_OUTPUT, data_needed,
                               &g->value);
    if (status == SA_OK) status = take_mask_gradient(report, a->masking, &from->mask, data_needed, p, g);
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
    status = check_differentiable(report, taken.cache, taken.summaries, taken.callbacks, &taken.weights);
    if (status != SA_OK) return status;
    if (!p->lse.data && data_needed && p->B && p->T) return fail_null(report, "lse.data");
    status = take_views(report, &taken, &from, data_needed, p, g);
    if (status == SA_OK)
        status = take_rule_gradients(report, from.alibi_slopes, from.relative_bias, from.sink_logits, p, g);
    if (status != SA_OK) return status;
    return plan_backward(&ctx->machine, p, g, plan) ? SA_OK : fail_overflow(report, "the size of the scratch memory");
}

sa_status sa_attention_backward(sa_ctx *ctx, const sa_attention_args *args, const sa_attention_gradients *gradients) {
    struct problem problem;
    struct gradients g;
    struct backward_plan plan;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_gradients(ctx, args, gradients, 1, &problem, &g, &plan);
    if (status == SA_OK) status = context_reserve(ctx, plan.bytes);
    if (status == SA_OK && g.mask) clear_gradient(&gradients->mask);
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
