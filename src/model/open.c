/* A model directory: which files it consists of, and the handle.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "model/make.h"

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

static sa_status read_config(sa_ctx *ctx, const char *directory, json_t **config) {
    struct mapped_file file = {0};
    char *path = NULL;
    sa_status status = path_join(&ctx->memory, &ctx->report, directory, "config.json", &path);
    if (status == SA_OK) status = file_map(&ctx->report, path, &file);
    const struct json_source source = {&ctx->report, file.name};
    if (status == SA_OK) status = json_parse(&source, file.bytes, file.size, config);
    file_unmap(&file);
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
    struct tensor_file file = {0};
    json_t *config = NULL;
    if (!model) return fail_null(&ctx->report, "model");
    if (!directory) return fail_null(&ctx->report, "directory");
    const struct json_source source = {&ctx->report, "config.json"};
    sa_status status = read_config(ctx, directory, &config);
    if (status == SA_OK) status = open_weights(ctx, directory, &file);
    if (status == SA_OK) status = model_make(ctx, &source, config, directory, &file, model);
    json_decref(config);
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
