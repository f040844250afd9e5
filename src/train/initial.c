/* SPDX-License-Identifier: MIT */
#include "train/initial.h"

#include "describe/settings_open.h"
#include "file/json_file.h"
#include "file/path.h"
#include "train/drawn.h"

static sa_status make(const struct settings *settings, uint64_t seed, int64_t classes, struct model_files *files) {
    struct model_config config;
    struct drawn drawn = {.report = settings->report, .tensors = json_object(), .seed = seed};
    struct wanted wanted = drawn_wanted(&drawn);
    sa_status status = config_read(settings, &config);
    config.new_classes = classes;
    if (status == SA_OK) status = wanted_tensors(&files->memory, settings, &config, NULL, &wanted, NULL);
    if (status == SA_OK) status = drawn_make(&files->memory, settings, &drawn, &files->weights);
    json_decref(drawn.tensors);
    return status;
}

static sa_status read_settings(struct report *report, const char *path, struct model_files *files) {
    sa_status status = path_check(report, path);
    if (status != SA_OK) return status;
    if (is_directory(path)) {
        status = path_join(&files->memory, report, path, "", &files->directory);
        return status == SA_OK ? json_file_beside(&files->memory, report, path, "config.json", 0, &files->config)
                               : status;
    }
    status = path_parent(&files->memory, report, path, &files->directory);
    return status == SA_OK ? json_file_read(report, path, &files->config) : status;
}

sa_status initial_files_open(const struct allocator *memory, struct report *report, const char *path, uint64_t seed,
                             const struct new_classes *classes, struct model_files *files) {
    struct settings settings = {0};
    *files = (struct model_files){.memory = *memory};
    sa_status status = read_settings(report, path, files);
    if (status == SA_OK && classes->count) status = new_classes_name(report, classes, files);
    if (status == SA_OK) status = settings_open(report, "config.json", files, NULL, &settings);
    if (status == SA_OK) status = make(&settings, seed, classes->count, files);
    settings_close(&settings);
    if (status != SA_OK) model_files_close(files);
    return status;
}
