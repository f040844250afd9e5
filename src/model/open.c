/* The handle of a model.
 * SPDX-License-Identifier: MIT */
#include "model/open.h"

#include "api/context.h"
#include "model/make.h"

sa_status model_open(sa_ctx *ctx, const char *path, const sa_model_options *options, change_fn change, const char *by,
                     sa_model **model) {
    struct model_files files;
    struct conversion conversion;
    if (!model) return fail_null(&ctx->report, "model");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = take_model_options(&ctx->report, options, &conversion);
    if (status == SA_OK) status = model_files_open(&ctx->memory, &ctx->report, path, conversion.is_read, &files);
    if (status != SA_OK) return status;
    if (change) status = change(ctx, by, &files.weights);
    if (status == SA_OK) status = model_make(ctx, &files, &conversion, model);
    model_files_close(&files);
    return status;
}

sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) {
    return sa_model_open_with(ctx, path, NULL, model);
}

sa_status sa_model_open_with(sa_ctx *ctx, const char *path, const sa_model_options *options, sa_model **model) {
    if (model) *model = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, model_open(ctx, path, options, NULL, NULL, model)) : status;
}

void sa_model_destroy(sa_model **model) {
    if (!model || !*model) return;
    struct allocator memory = (*model)->memory;
    model_release(*model);
    memory_release(&memory, *model, 1, sizeof **model);
    *model = NULL;
}
