/* SPDX-License-Identifier: MIT */
#include "flow/merge.h"
#include "api/context.h"
#include "api/tensor.h"

#include <stddef.h>
#include <stdio.h>

/* Result i, and its log-sum-exp. */
static sa_status check_result(struct report *report, const sa_attention_merge_args *a, int64_t i) {
    char output_name[40], lse_name[40];
    const int64_t *size = a->output.size;
    snprintf(output_name, sizeof output_name, "outputs[%lld]", (long long)i);
    snprintf(lse_name, sizeof lse_name, "lses[%lld]", (long long)i);
    const struct expected output = {output_name,
                                    {size[0], size[1], size[2], size[3]},
                                    {"output.size[0]", "output.size[1]", "output.size[2]", "output.size[3]"},
                                    USE_INPUT,
                                    1,
                                    1};
    const struct expected lse = {
        lse_name, {size[0], size[1], size[2], 1}, {"output.size[0]", "output.size[1]", "output.size[2]"}, USE_INPUT, 0,
        1};
    sa_status status = check_tensor(report, &a->outputs[i], &output);
    return status == SA_OK ? check_tensor(report, &a->lses[i], &lse) : status;
}

static sa_status take_merge(struct report *report, const sa_attention_merge_args *args, sa_attention_merge_args *a,
                            struct merge *m) {
    if (!args) return fail_null(report, "args");
    sa_status status =
        take_struct(report, "sa_attention_merge_args", args, a, sizeof *a, offsetof(sa_attention_merge_args, lse));
    if (status != SA_OK) return status;
    if (a->count < 1 || a->count > INT32_MAX)
        return fail(report, SA_ERR_VALUE, "count is %lld, must be 1 to 2^31 - 1", (long long)a->count);
    if (!a->outputs || !a->lses) return fail_null(report, a->outputs ? "lses" : "outputs");
    const struct expected output = {"output", {-1, -1, -1, -1}, {NULL}, USE_OUTPUT, 1, 1};
    if ((status = check_tensor(report, &a->output, &output)) != SA_OK) return status;
    const int64_t *size = a->output.size;
    const struct expected lse = {
        "lse", {size[0], size[1], size[2], 1}, {"output.size[0]", "output.size[1]", "output.size[2]"}, USE_OUTPUT, 0,
        1};
    if (a->lse.data) status = check_tensor(report, &a->lse, &lse);
    for (int64_t i = 0; i < a->count && status == SA_OK; i++) status = check_result(report, a, i);
    *m = (struct merge){.B = size[0], .H = size[1], .T = size[2], .Dv = size[3], .count = a->count};
    m->outputs = a->outputs, m->lses = a->lses, m->output = view_of(&a->output);
    if (a->lse.data) m->lse = view_of(&a->lse);
    return status;
}

sa_status sa_attention_merge(sa_ctx *ctx, const sa_attention_merge_args *args) {
    sa_attention_merge_args a;
    struct merge m;
    int64_t bytes = 0;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_merge(&ctx->report, args, &a, &m);
    if (status == SA_OK && (bytes = merge_bytes(&ctx->machine, &m)) < 0)
        status = fail_overflow(&ctx->report, "the size of the scratch memory");
    if (status == SA_OK) status = context_reserve(ctx, bytes);
    if (status == SA_OK) merge_run(&ctx->machine, &m, ctx->scratch);
    return context_leave(ctx, status);
}
