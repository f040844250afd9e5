/* Which files a model consists of.
 * SPDX-License-Identifier: MIT */
#include "file/model_files.h"

#include "file/choose.h"
#include "file/foreign.h"
#include "file/gguf.h"
#include "file/head_norms.h"
#include "file/json_file.h"
#include "file/llama2c.h"
#include "file/mxfp4.h"
#include "file/path.h"

#include <unistd.h>

/* What a directory may have, the preferred choice first. safetensors need a config.json. */
static const struct choice with_config[] = {
    {.name = "model.safetensors"}, {.name = "model.safetensors.index.json"}, {.name = "model.gguf"},
    {.ending = ".safetensors"},    {.ending = ".gguf", .is_rival = 1},       {.name = "model.bin", .is_rival = 1},
};
static const struct choice without_config[] = {
    {.name = "model.gguf"},
    {.ending = ".gguf"},
    {.name = "model.bin", .is_rival = 1},
    {.name = "model.safetensors"},
    {.name = "model.safetensors.index.json"},
    {.ending = ".safetensors"},
};

static sa_status open_file(const struct allocator *memory, struct report *report, const char *path,
                           struct model_files *files) {
    struct tensor_file *weights = &files->weights;
    sa_status status = path_parent(memory, report, path, &files->directory);
    if (status != SA_OK) return status;
    if (has_ending(path, ".gguf")) {
        struct gguf_settings settings;
        status = gguf_open(memory, report, path, files->is_read, weights, &settings);
        files->config = settings.config, files->description = settings.description, files->pooling = settings.pooling;
        return status;
    }
    if (has_ending(path, ".bin")) return llama2c_open(memory, report, path, files->is_read, weights, &files->config);
    if (!has_ending(path, ".safetensors") && !has_ending(path, ".index.json")) return foreign_refuse(report, path);
    status = json_file_beside(memory, report, files->directory, "config.json", 0, &files->config);
    if (status == SA_OK)
        status = json_file_beside(memory, report, files->directory, "generation_config.json", 1, &files->generation);
    if (status == SA_OK) status = json_array_beside(memory, report, files->directory, "modules.json", &files->modules);
    if (status == SA_OK && files->modules)
        status =
            json_file_beside(memory, report, files->directory, "config_sentence_transformers.json", 1, &files->prompts);
    if (status != SA_OK) return status;
    status = has_ending(path, ".json") ? safetensors_open_index(memory, report, path, files->is_read, weights)
                                       : safetensors_open(memory, report, path, files->is_read, weights);
    if (status == SA_OK) status = mxfp4_join(report, weights);
    return status == SA_OK ? head_norms_join(report, weights) : status;
}

static sa_status open_directory(const struct allocator *memory, struct report *report, const char *directory,
                                struct model_files *files) {
    char *config = NULL, *path = NULL;
    sa_status status = path_join(memory, report, directory, "config.json", &config);
    if (status != SA_OK) return status;
    const struct choice *choices = access(config, F_OK) == 0 ? with_config : without_config;
    status = choose_file(memory, report, directory, choices, COUNT_OF(with_config),
                         "*.safetensors file, nor *.gguf, nor model.bin", &path);
    if (status == SA_ERR_FILE && !path) status = foreign_refuse_directory(report, directory);
    if (status == SA_OK) status = open_file(memory, report, path, files);
    path_release(memory, path);
    path_release(memory, config);
    return status;
}

sa_status model_files_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                           struct model_files *files) {
    *files = (struct model_files){.memory = *memory, .is_read = is_read};
    sa_status status = path_check(report, path);
    if (status == SA_OK)
        status =
            is_directory(path) ? open_directory(memory, report, path, files) : open_file(memory, report, path, files);
    if (status != SA_OK) model_files_close(files);
    return status;
}

const char *model_files_config_name(const struct tensor_file *weights) {
    const char *name = weights->file.name;
    return has_ending(name, ".gguf") || has_ending(name, ".bin") ? name : "config.json";
}

void model_files_close(struct model_files *files) {
    tensors_close(&files->weights);
    json_decref(files->config);
    json_decref(files->description);
    json_decref(files->pooling);
    json_decref(files->generation);
    json_decref(files->modules);
    json_decref(files->prompts);
    path_release(&files->memory, files->directory);
    *files = (struct model_files){0};
}
