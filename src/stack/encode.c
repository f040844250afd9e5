/* sa_model_encode().
 * SPDX-License-Identifier: MIT */
#include "stack/model_pass.h"

static sa_status take(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args, int data_needed,
                      struct model_pass *m) {
    sa_status status = model_pass_take(&ctx->report, model, args, data_needed, m);
    return status == SA_OK ? model_pass_plan(ctx, 0, m) : status;
}

sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) {
    struct model_pass m;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take(ctx, model, args, 1, &m);
    if (status == SA_OK) status = context_reserve(ctx, model_pass_bytes(&m));
    if (status == SA_OK && m.args.batch) {
        blas_enter(ctx->machine.gemm);
        model_pass_run(&ctx->machine, &m, ctx->scratch);
        blas_leave(ctx->machine.gemm);
    }
    return context_leave(ctx, status);
}

sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                         uint64_t *bytes) {
    struct model_pass m;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take(ctx, model, args, 0, &m) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)model_pass_bytes(&m) : 0;
    return context_leave(ctx, status);
}
