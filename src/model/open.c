/* A model directory: which files it consists of, and the handle.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "model/config.h"
#include "model/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_NAME_BYTES = 256 };

static int has_ending(const char *name, const char *ending) {
    size_t n = strlen(name), e = strlen(ending);
    return n > e && !strcmp(name + n - e, ending);
}

/* Counts the files that end in .safetensors; the name is that of model.safetensors, if there is one, or the last. */
static int count_weights(DIR *listing, char name[FILE_NAME_BYTES]) {
    int count = 0;
    for (const struct dirent *item; (item = readdir(listing));) {
        if (item->d_name[0] == '.' || !has_ending(item->d_name, ".safetensors")) continue;
        count++;
        if (strcmp(name, "model.safetensors") != 0) snprintf(name, FILE_NAME_BYTES, "%s", item->d_name);
    }
    return count;
}

static sa_status find_weights(struct report *report, const char *directory, char name[FILE_NAME_BYTES]) {
    name[0] = 0;
    DIR *listing = opendir(directory);
    if (!listing)
        return fail(report, SA_ERR_FILE, "%.200s: cannot be opened as a directory%s", directory,
                    errno == ENOENT ? ": there is none" : "");
    int count = count_weights(listing, name);
    closedir(listing);
    if (count == 0) return fail(report, SA_ERR_FILE, "%.200s: has no *.safetensors file", directory);
    if (count == 1 || !strcmp(name, "model.safetensors")) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED,
                "%.200s: has %d *.safetensors files and none is model.safetensors; models in several files are not "
                "supported",
                directory, count);
}

static sa_status read_config(sa_ctx *ctx, const char *directory, const struct architecture **architecture,
                             struct model_config *config) {
    char *path = NULL;
    sa_status status = path_join(&ctx->memory, &ctx->report, directory, "config.json", &path);
    if (status == SA_OK) status = config_read(&ctx->report, path, architecture, config);
    path_release(&ctx->memory, path);
    return status;
}

static sa_status open_weights(sa_ctx *ctx, const char *directory, struct tensor_file *file) {
    char name[FILE_NAME_BYTES], *path = NULL;
    sa_status status = find_weights(&ctx->report, directory, name);
    if (status == SA_OK) status = path_join(&ctx->memory, &ctx->report, directory, name, &path);
    if (status == SA_OK) status = safetensors_open(&ctx->memory, &ctx->report, path, file);
    path_release(&ctx->memory, path);
    return status;
}

static sa_status open_model(sa_ctx *ctx, const char *directory, sa_model **model) {
    const struct architecture *architecture;
    struct sa_model made = {.memory = ctx->memory};
    if (!model) return fail_null(&ctx->report, "model");
    if (!directory) return fail_null(&ctx->report, "directory");
    sa_status status = read_config(ctx, directory, &architecture, &made.config);
    if (status == SA_OK) status = open_weights(ctx, directory, &made.file);
    if (status == SA_OK) status = model_load(ctx, architecture, &made);
    if (status == SA_OK && !(*model = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(&ctx->report, sizeof made, "a model");
    if (status == SA_OK)
        **model = made;
    else
        model_release(&made);
    return status;
}

sa_status sa_model_open(sa_ctx *ctx, const char *directory, sa_model **model) {
    if (model) *model = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, open_model(ctx, directory, model)) : status;
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
