/* Which files a model consists of.
 * SPDX-License-Identifier: MIT */
#include "file/model_files.h"

#include "file/choose.h"
#include "file/gguf.h"
#include "file/llama2c.h"
#include "file/path.h"

/* What a directory may hold, the best first. */
static const struct choice choices[] = {
    {"model.safetensors", NULL}, {"model.safetensors.index.json", NULL}, {NULL, ".safetensors"}, {NULL, ".gguf"},
    {"model.bin", NULL},
};

static sa_status read_config(struct report *report, const char *path, struct model_files *files) {
    struct mapped_file file;
    sa_status status = file_map(report, path, &file);
    const struct json_source source = {report, file.name};
    if (status == SA_OK) status = json_parse(&source, file.bytes, file.size, &files->config);
    file_unmap(&file);
    return status;
}

static sa_status read_config_beside(const struct allocator *memory, struct report *report, const char *weights,
                                    struct model_files *files) {
    char *directory = NULL, *path = NULL;
    sa_status status = path_parent(memory, report, weights, &directory);
    if (status == SA_OK) status = path_join(memory, report, directory, "config.json", &path);
    if (status == SA_OK) status = read_config(report, path, files);
    path_release(memory, path);
    path_release(memory, directory);
    return status;
}

static sa_status open_file(const struct allocator *memory, struct report *report, const char *path,
                           struct model_files *files) {
    struct tensor_file *weights = &files->weights;
    if (has_ending(path, ".gguf")) return gguf_open(memory, report, path, weights, &files->config);
    if (has_ending(path, ".bin")) return llama2c_open(memory, report, path, weights, &files->config);
    sa_status status = read_config_beside(memory, report, path, files);
    if (status != SA_OK) return status;
    return has_ending(path, ".json") ? safetensors_open_index(memory, report, path, weights)
                                     : safetensors_open(memory, report, path, weights);
}

static sa_status open_directory(const struct allocator *memory, struct report *report, const char *directory,
                                struct model_files *files) {
    char *path;
    sa_status status = choose_file(memory, report, directory, choices, COUNT_OF(choices),
                                   "*.safetensors file, nor *.gguf, nor model.bin", &path);
    if (status == SA_OK) status = open_file(memory, report, path, files);
    path_release(memory, path);
    return status;
}

sa_status model_files_open(const struct allocator *memory, struct report *report, const char *path,
                           struct model_files *files) {
    *files = (struct model_files){0};
    sa_status status =
        is_directory(path) ? open_directory(memory, report, path, files) : open_file(memory, report, path, files);
    if (status != SA_OK) model_files_close(files);
    return status;
}

const char *model_files_config_name(const struct model_files *files) {
    const char *name = files->weights.file.name;
    return has_ending(name, ".gguf") || has_ending(name, ".bin") ? name : "config.json";
}

void model_files_close(struct model_files *files) {
    tensors_close(&files->weights);
    json_decref(files->config);
    *files = (struct model_files){0};
}
