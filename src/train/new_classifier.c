/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* stpcpy */
#include "train/new_classifier.h"

#include "describe/settings_open.h"
#include "model/binder.h"
#include "model/unused.h"
#include "text/characters.h"
#include "train/drawn.h"

#include <stdio.h>
#include <string.h>

enum { CLASS_BYTES = 200, MOST_CLASSES = 1 << 20 };

sa_status new_classes_check(struct report *report, const struct new_classes *c) {
    sa_status status = SA_OK;
    if (!c->name && !c->count) return SA_OK;
    if (!c->name || c->count < 2 || c->count > MOST_CLASSES)
        return fail(report, SA_ERR_VALUE, "class_count is %lld%s, must be 2 to 2^20, with as many names in classes",
                    (long long)c->count, c->name ? "" : ", and classes is NULL");
    json_t *seen = json_object();
    for (int64_t i = 0; i < c->count && status == SA_OK; i++) {
        const char *name = c->name[i];
        if (!name)
            status = fail(report, SA_ERR_NULL, "classes[%lld] is NULL", (long long)i);
        else if (!*name || invalid_utf8(name, (int64_t)strlen(name)) >= 0)
            status = fail(report, SA_ERR_VALUE, "classes[%lld] is %s", (long long)i, *name ? "no UTF-8" : "empty");
        else if (json_object_get(seen, name))
            status = fail(report, SA_ERR_VALUE, "classes[%lld] is \"%.80s\", as one before it", (long long)i, name);
        else if (json_object_set_new(seen, name, json_true()))
            status = fail_memory_for(report, "the names of classes");
    }
    json_decref(seen);
    return status;
}

/* "BertForMaskedLM" or "GPT2LMHeadModel" without what says what the class is for. */
static int bytes_of_family(const char *class) {
    static const char *const endings[] = {"DoubleHeadsModel", "LMHeadModel", "EncoderModel", "Model"};
    for (const char *c = strstr(class, "For"); c; c = strstr(c + 1, "For"))
        if (c[3] >= 'A' && c[3] <= 'Z') return (int)(c - class);
    const size_t length = strlen(class);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t ending = strlen(endings[i]);
        if (length > ending && !strcmp(class + length - ending, endings[i])) return (int)(length - ending);
    }
    return (int)length;
}

/* The framework's class that classifies. Without a class config.json's model_type has to do: readers go by that. */
static json_t *class_name(const json_t *config, int is_of_images) {
    const char *class = json_string_value(json_array_get(json_object_get(config, "architectures"), 0));
    if (!class) class = json_string_value(json_object_get(config, "model_type"));
    char name[CLASS_BYTES];
    snprintf(name, sizeof name, "%.*sFor%sClassification", bytes_of_family(class), class,
             is_of_images ? "Image" : "Sequence");
    return json_pack("[s]", name);
}

static sa_status name_classes(struct report *report, const struct new_classes *classes, json_t *config) {
    json_t *names = json_object(), *numbers = json_object();
    char number[24];
    int failed = 0;
    for (int64_t i = 0; i < classes->count; i++) {
        snprintf(number, sizeof number, "%lld", (long long)i);
        failed |= json_object_set_new(names, number, json_string(classes->name[i]));
        failed |= json_object_set_new(numbers, classes->name[i], json_integer((json_int_t)i));
    }
    failed |= json_object_set_new(config, "id2label", names);
    failed |= json_object_set_new(config, "label2id", numbers);
    failed |= json_object_set_new(config, "problem_type", json_string("single_label_classification"));
    json_object_del(config, "num_labels");
    return failed ? fail_memory_for(report, "the names of classes") : SA_OK;
}

static sa_status rename_config(struct report *report, const struct new_classes *classes,
                               const struct model_config *config, struct model_files *files) {
    const struct stack_config *first = config->encoder.name ? &config->encoder : &config->decoder;
    json_t *changed = json_copy(files->config);
    sa_status status = changed ? name_classes(report, classes, changed) : fail_memory_for(report, "a config.json");
    if (status == SA_OK &&
        json_object_set_new(changed, "architectures", class_name(files->config, first->input.kind == INPUT_PATCHES)))
        status = fail_memory_for(report, "a config.json");
    if (status == SA_OK)
        json_decref(files->config), files->config = changed;
    else
        json_decref(changed);
    return status;
}

sa_status new_classes_name(struct report *report, const struct new_classes *classes, struct model_files *files) {
    struct settings settings;
    struct model_config config;
    sa_status status = settings_open(report, "config.json", files, NULL, &settings);
    if (status == SA_OK) status = config_read(&settings, &config);
    settings_close(&settings);
    return status == SA_OK ? rename_config(report, classes, &config, files) : status;
}

/* What stands before the names of a file: of the model's own, and bytes of it before all others. */
struct before {
    char prefix[NAME_BYTES];
    int64_t outer;
};

static struct before find_before(const struct settings *settings, const struct tensor_file *file,
                                 const struct model_config *config) {
    struct binder b = {.settings = settings, .file = file, .output = &config->output};
    char room[2 * NAME_BYTES];
    struct before before;
    b.stack = config->encoder.name ? &config->encoder : &config->decoder;
    binder_choose_prefix(&b, room);
    before.outer = (int64_t)strlen(b.outer);
    snprintf(before.prefix, sizeof before.prefix, "%s", b.prefix);
    return before;
}

/* Refuses tensors that would be refused where the model is opened as it is. */
static sa_status check_tensors(const struct settings *settings, const struct model_config *config,
                               const struct tensor_file *file, struct before *before) {
    struct bound_model bound = {0};
    struct unused_tensors unused = {0};
    sa_status status = bind_tensors(&file->memory, settings, config, file, &bound);
    if (status == SA_OK) status = unused_list(&file->memory, settings, file, &bound, &unused);
    if (status == SA_OK) *before = find_before(settings, file, config);
    unused_release(&file->memory, &unused);
    bound_release(&file->memory, config, &bound);
    return status;
}

/* Checks the model as it is; then its config.json is that of the classifier. */
static sa_status rename_model(struct report *report, const struct new_classes *classes, struct model_files *files,
                              struct before *before) {
    struct settings settings;
    struct model_config config;
    if (files->description)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: a GGUF file becomes no classifier; safetensors do",
                    files->weights.file.name);
    sa_status status = settings_open(report, model_files_config_name(&files->weights), files, NULL, &settings);
    if (status == SA_OK) status = config_read(&settings, &config);
    if (status == SA_OK) status = check_tensors(&settings, &config, &files->weights, before);
    settings_close(&settings);
    return status == SA_OK ? rename_config(report, classes, &config, files) : status;
}

/* A name as the class has it, in two parts: the prefix of the model's own names stands in place of the file's. */
struct renamed {
    const char *prefix, *rest;
};

static struct renamed rename_tensor(const struct before *before, const char *prefix, const char *name) {
    const size_t length = strlen(before->prefix);
    if (!strncmp(name, before->prefix, length)) return (struct renamed){prefix, name + length};
    return (struct renamed){"", name + before->outer};
}

/* A list of the file's tensors under the names of the class; the file becomes its first shard, and one more is left
 * free. */
static sa_status rename_tensors(struct report *report, const struct before *before, const char *prefix,
                                struct tensor_file *file) {
    const struct allocator memory = file->memory;
    struct tensor_file renamed = {.memory = memory, .types = file->types};
    int64_t bytes = 0;
    for (int64_t i = 0; i < file->count; i++) {
        const struct renamed r = rename_tensor(before, prefix, file->tensors[i].name);
        bytes += (int64_t)(strlen(r.prefix) + strlen(r.rest) + 1);
    }
    sa_status status = tensors_create(&renamed, report, file->count, bytes);
    if (status == SA_OK && !(renamed.shards = memory_allocate(&memory, 2, sizeof *renamed.shards)))
        status = fail_memory(report, 2 * (int64_t)sizeof *renamed.shards, "a list of files");
    if (status != SA_OK) {
        tensors_close(&renamed);
        return status;
    }
    char *name = renamed.names;
    for (int64_t i = 0; i < file->count; i++) {
        const struct renamed r = rename_tensor(before, prefix, file->tensors[i].name);
        renamed.tensors[i] = file->tensors[i];
        renamed.tensors[i].name = name;
        name = stpcpy(stpcpy(name, r.prefix), r.rest) + 1;
    }
    snprintf(renamed.file.name, sizeof renamed.file.name, "%s", file->file.name);
    renamed.shard_count = 2;
    renamed.shards[0] = *file;
    tensors_sort(&renamed);
    *file = renamed;
    return SA_OK;
}

/* Keeps the tensors that have a role, and puts those that were drawn beside them. */
static sa_status join_drawn(struct report *report, const unsigned char *used, struct tensor_file *file) {
    const struct tensor_file *drawn = &file->shards[1];
    int64_t kept = 0, count = drawn->count;
    for (int64_t i = 0; i < file->count; i++) count += used[i];
    struct tensor *all = memory_allocate(&file->memory, count, sizeof *all);
    if (!all) return fail_memory(report, count * (int64_t)sizeof *all, "a list of tensors");
    for (int64_t i = 0; i < file->count; i++)
        if (used[i]) all[kept++] = file->tensors[i];
    for (int64_t i = 0; i < drawn->count; i++) all[kept++] = drawn->tensors[i];
    memory_release(&file->memory, file->tensors, file->room, sizeof *file->tensors);
    file->tensors = all;
    file->count = file->room = count;
    tensors_sort(file);
    return SA_OK;
}

static sa_status add_classifier(const struct settings *settings, int64_t classes, uint64_t seed,
                                struct tensor_file *file) {
    const struct allocator *memory = &file->memory;
    struct model_config config;
    struct drawn drawn = {.report = settings->report, .tensors = json_object(), .seed = seed};
    struct wanted wanted = drawn_wanted(&drawn);
    const int64_t count = file->count;
    unsigned char *used = memory_allocate(memory, count, 1);
    sa_status status = used ? config_read(settings, &config) : fail_memory(settings->report, count, "marks of tensors");
    if (status == SA_OK) {
        config.new_classes = classes;
        status = wanted_tensors(memory, settings, &config, file, &wanted, used);
    }
    if (status == SA_OK) status = drawn_make(memory, settings, &drawn, &file->shards[1]);
    if (status == SA_OK) status = join_drawn(settings->report, used, file);
    memory_release(memory, used, count, 1);
    json_decref(drawn.tensors);
    return status;
}

static sa_status make_classifier(struct report *report, const struct new_classes *classes, uint64_t seed,
                                 struct model_files *files) {
    struct before before;
    struct settings settings;
    sa_status status = rename_model(report, classes, files, &before);
    if (status != SA_OK) return status;
    status = settings_open(report, model_files_config_name(&files->weights), files, NULL, &settings);
    if (status == SA_OK) {
        const char *prefix = prefix_of_class(settings.description);
        status = rename_tensors(report, &before, prefix ? prefix : "", &files->weights);
    }
    if (status == SA_OK) status = add_classifier(&settings, classes->count, seed, &files->weights);
    settings_close(&settings);
    return status;
}

sa_status new_classifier_open(const struct allocator *memory, struct report *report, const char *path, uint64_t seed,
                              const struct new_classes *classes, struct model_files *files) {
    sa_status status = model_files_open(memory, report, path, 0, files);
    if (status != SA_OK) return status;
    status = make_classifier(report, classes, seed, files);
    if (status != SA_OK) model_files_close(files);
    return status;
}
