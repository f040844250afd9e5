/* The handle of a model.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "model/make.h"

#include <stdio.h>

static int is_type_of_weights(int32_t dtype) {
    return dtype == SA_F32 || dtype == SA_BF16 || dtype == SA_F16 || block_type(dtype);
}

static sa_status take_options(struct report *report, const sa_model_options *options, struct conversion *conversion) {
    sa_model_options o = {0};
    sa_status status =
        options ? take_struct(report, "sa_model_options", options, &o, sizeof o, sizeof o.struct_size) : SA_OK;
    if (status != SA_OK) return status;
    if (o.convert != 0 && o.convert != 1)
        return fail(report, SA_ERR_VALUE, "convert is %d, must be 0 or 1", (int)o.convert);
    if (!o.convert && o.weights) return fail(report, SA_ERR_VALUE, "weights is %d, but convert is 0", (int)o.weights);
    if (!is_type_of_weights(o.weights))
        return fail(report, SA_ERR_VALUE, "weights is %d, which is no type of weights", (int)o.weights);
    *conversion = (struct conversion){o.convert, o.weights};
    return SA_OK;
}

static sa_status open_model(sa_ctx *ctx, const char *path, const sa_model_options *options, sa_model **model) {
    struct model_files files;
    struct conversion conversion;
    if (!model) return fail_null(&ctx->report, "model");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = take_options(&ctx->report, options, &conversion);
    if (status == SA_OK) status = model_files_open(&ctx->memory, &ctx->report, path, &files);
    if (status != SA_OK) return status;
    char name[sizeof files.weights.file.name]; /* the model takes the weights over, with their name */
    snprintf(name, sizeof name, "%s", model_files_config_name(&files));
    const struct json_source source = {&ctx->report, name};
    status = model_make(ctx, &source, &files, &conversion, model);
    model_files_close(&files);
    return status;
}

sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) {
    return sa_model_open_with(ctx, path, NULL, model);
}

sa_status sa_model_open_with(sa_ctx *ctx, const char *path, const sa_model_options *options, sa_model **model) {
    if (model) *model = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, open_model(ctx, path, options, model)) : status;
}

void sa_model_destroy(sa_model **model) {
    if (!model || !*model) return;
    struct allocator memory = (*model)->memory;
    model_release(*model);
    memory_release(&memory, *model, 1, sizeof **model);
    *model = NULL;
}
