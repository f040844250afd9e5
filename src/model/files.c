/* Which files a model consists of.
 * SPDX-License-Identifier: MIT */
#include "model/files.h"

#include "model/gguf.h"
#include "model/llama2c.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_NAME_BYTES = 256 };

static int has_ending(const char *name, const char *ending) {
    size_t n = strlen(name), e = strlen(ending);
    return n > e && !strcmp(name + n - e, ending);
}

/* What a directory may hold, the first that it has counts: a file of this name, or the only one with this ending. */
static const struct {
    const char *name, *ending;
} choices[] = {
    {"model.safetensors", NULL}, {"model.safetensors.index.json", NULL}, {NULL, ".safetensors"}, {NULL, ".gguf"},
    {"model.bin", NULL},
};

/* Counts the files of a directory that a choice means; `found` is the name of one. */
static int count_files(DIR *listing, int choice, char found[FILE_NAME_BYTES]) {
    int count = 0;
    rewinddir(listing);
    for (const struct dirent *item; (item = readdir(listing));) {
        const char *name = item->d_name;
        if (choices[choice].name ? strcmp(name, choices[choice].name) != 0
                                 : name[0] == '.' || !has_ending(name, choices[choice].ending))
            continue;
        count++;
        snprintf(found, FILE_NAME_BYTES, "%s", name);
    }
    return count;
}

static sa_status find_weights(struct report *report, const char *directory, char name[FILE_NAME_BYTES]) {
    DIR *listing = opendir(directory);
    int count = 0, choice = 0;
    if (!listing)
        return fail(report, SA_ERR_FILE, "%.200s: cannot be opened as a directory%s", directory,
                    errno == ENOENT ? ": there is none" : "");
    for (; choice < (int)COUNT_OF(choices) && !count; choice++) count = count_files(listing, choice, name);
    closedir(listing);
    if (count == 1) return SA_OK;
    if (count == 0)
        return fail(report, SA_ERR_FILE, "%.200s: has no *.safetensors file, nor *.gguf, nor model.bin", directory);
    return fail(report, SA_ERR_FILE, "%.200s: has %d *%s files and none is model.safetensors: name one", directory,
                count, choices[choice - 1].ending);
}

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
    char name[FILE_NAME_BYTES], *path = NULL;
    sa_status status = find_weights(report, directory, name);
    if (status == SA_OK) status = path_join(memory, report, directory, name, &path);
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
