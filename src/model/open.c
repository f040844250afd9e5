/* The handle of a model.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "model/config.h"
#include "model/files.h"
#include "model/model.h"

/* The model takes the weights over; the settings are no longer needed once they are read. */
static sa_status open_files(sa_ctx *ctx, const char *path, const struct architecture **architecture,
                            struct sa_model *model) {
    struct model_files files;
    sa_status status = model_files_open(&ctx->memory, &ctx->report, path, &files);
    if (status != SA_OK) return status;
    const struct json_source source = {&ctx->report, model_files_config_name(&files)};
    status = config_read(&source, files.config, architecture, &model->config);
    model->file = files.weights;
    files.weights = (struct tensor_file){0};
    model_files_close(&files);
    return status;
}

static sa_status open_model(sa_ctx *ctx, const char *path, sa_model **model) {
    const struct architecture *architecture;
    struct sa_model made = {.memory = ctx->memory};
    if (!model) return fail_null(&ctx->report, "model");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = open_files(ctx, path, &architecture, &made);
    if (status == SA_OK) status = model_load(ctx, architecture, &made);
    if (status == SA_OK && !(*model = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(&ctx->report, sizeof made, "a model");
    if (status == SA_OK)
        **model = made;
    else
        model_release(&made);
    return status;
}

sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) {
    if (model) *model = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, open_model(ctx, path, model)) : status;
}

void sa_model_destroy(sa_model **model) {
    if (!model || !*model) return;
    struct allocator memory = (*model)->memory;
    model_release(*model);
    memory_release(&memory, *model, 1, sizeof **model);
    *model = NULL;
}

int64_t sa_model_get(const sa_model *model, int32_t what) {
    if (!model) return -1;
    switch (what) {
    case SA_MODEL_LAYERS:
        return model->config.layers;
    case SA_MODEL_WIDTH:
        return model->config.width;
    case SA_MODEL_QUERY_HEADS:
    case SA_MODEL_KV_HEADS:
        return model->config.heads;
    case SA_MODEL_VOCABULARY:
        return model->config.vocabulary;
    case SA_MODEL_MAX_POSITIONS:
        return model->config.positions;
    default:
        return -1;
    }
}
