/* SPDX-License-Identifier: MIT */
#include "model/sentence.h"

#include "base/arith.h"
#include "file/json_file.h"
#include "file/path.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A module of modules.json: "sentence_transformers.models.Pooling" in the folder "1_Pooling". */
struct module {
    const char *kind, *folder;
};

/* What is read, and for failures. */
struct reading {
    struct report *report;
    const struct model_files *files;
    struct sentence *sentence;
};

static sa_status take_module(const struct reading *r, const json_t *list, size_t i, struct module *module) {
    static const char *const known[] = {"idx", "name", "path", "type", "kwargs", NULL};
    static const char prefix[] = "sentence_transformers.";
    const struct json_source source = {r->report, "modules.json"};
    const json_t *object = json_array_get(list, i), *kwargs = json_object_get(object, "kwargs");
    const char *type;
    char path[24];
    if (!json_is_object(object))
        return fail(r->report, SA_ERR_FORMAT, "modules.json: module %zu is %s, must be an object", i,
                    json_type_text(object));
    snprintf(path, sizeof path, "%zu.", i);
    sa_status status = json_member_text(&source, object, path, "type", &type);
    if (status == SA_OK) status = json_member_text(&source, object, path, "path", &module->folder);
    if (status == SA_OK) status = pooling_check_members(&source, object, known);
    if (status != SA_OK) return status;
    if (strchr(module->folder, '/') || !strcmp(module->folder, ".."))
        return fail(r->report, SA_ERR_FORMAT, "modules.json: %spath is \"%.60s\", must be the name of a folder", path,
                    module->folder);
    if (json_array_size(kwargs) || json_object_size(kwargs))
        return fail(r->report, SA_ERR_UNSUPPORTED, "modules.json: %skwargs is not supported", path);
    module->kind = strrchr(type, '.');
    if (!strncmp(type, prefix, sizeof prefix - 1) && module->kind++) return SA_OK;
    return fail(r->report, SA_ERR_UNSUPPORTED, "modules.json: %stype is \"%.100s\", which is not one of %s*", path,
                type, prefix);
}

/* The file of a module, "1_Pooling/config.json". */
static sa_status read_config(const struct reading *r, const struct module *m, char name[SETTING_TEXT],
                             json_t **object) {
    snprintf(name, SETTING_TEXT, "%.60s%sconfig.json", m->folder, *m->folder ? "/" : "");
    return json_file_beside(&r->files->memory, r->report, r->files->directory, name, 0, object);
}

static sa_status read_pooling(const struct reading *r, const struct module *m) {
    char name[SETTING_TEXT];
    json_t *object;
    sa_status status = read_config(r, m, name, &object);
    const struct json_source source = {r->report, name};
    if (status == SA_OK) status = pooling_read(&source, object, r->sentence->width, &r->sentence->pooling);
    r->sentence->width *= r->sentence->pooling.count;
    json_decref(object);
    return status;
}

/* The names of a sentence's vector, where a file has them. */
static sa_status check_name(const struct json_source *s, const json_t *object, const char *key) {
    const char *text;
    if (json_member_absent(object, key)) return SA_OK;
    sa_status status = json_member_text(s, object, "", key, &text);
    if (status != SA_OK || !strcmp(text, "sentence_embedding")) return status;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is \"%.60s\"; supported: sentence_embedding", s->file, key,
                text);
}

static sa_status read_activation(const struct json_source *s, const json_t *object, struct sentence_step *step) {
    const char *name = "torch.nn.modules.activation.Tanh"; /* PyTorch's path; sentence-transformers' default */
    step->activation = ACTIVATION_TANH;
    step->has_activation = 1;
    if (json_member_absent(object, "activation_function")) return SA_OK;
    sa_status status = json_member_text(s, object, "", "activation_function", &name);
    if (status != SA_OK || !strcmp(name, "torch.nn.modules.activation.Tanh")) return status;
    step->has_activation = 0;
    if (!strcmp(name, "torch.nn.modules.linear.Identity")) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED,
                "%s: activation_function is \"%.80s\"; supported: torch.nn.modules.activation.Tanh, "
                "torch.nn.modules.linear.Identity",
                s->file, name);
}

static sa_status find_weights(const struct json_source *s, const struct tensor_file *file, const char *name,
                              int32_t axes, int64_t out, int64_t in, const struct tensor **tensor) {
    char is[SHAPE_TEXT], wanted[SHAPE_TEXT];
    const int64_t size[2] = {out, in};
    const struct tensor *t = *tensor = tensors_find(file, name);
    if (!t) return fail(s->report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", s->file, name);
    if (t->axes != axes || t->size[0] != out || (axes > 1 && t->size[1] != in))
        return fail(s->report, SA_ERR_FORMAT, "%s: tensor \"%s\" has the shape %s, must be %s", s->file, name,
                    shape_text(t->size, t->axes, is), shape_text(size, axes, wanted));
    if (t->type >= 0) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: tensor \"%s\" is of type %.20s; supported: %s", s->file, name,
                t->dtype, file->types);
}

/* The matrix, and where it has one its bias. */
static sa_status open_weights(const struct reading *r, const struct module *m, int64_t in, int64_t out, int bias,
                              struct sentence_step *step) {
    char name[SETTING_TEXT], *path;
    const struct json_source source = {r->report, name};
    snprintf(name, sizeof name, "%.60s/model.safetensors", m->folder);
    sa_status status = path_join(&r->files->memory, r->report, r->files->directory, name, &path);
    if (status != SA_OK) return status;
    if (access(path, F_OK) != 0)
        status = fail(r->report, SA_ERR_UNSUPPORTED, "%s is missing; other files with weights are not read", name);
    if (status == SA_OK) status = safetensors_open(&r->files->memory, r->report, path, r->files->is_read, &step->file);
    path_release(&r->files->memory, path);
    if (status == SA_OK) status = find_weights(&source, &step->file, "linear.weight", 2, out, in, &step->weight);
    if (status == SA_OK && bias) status = find_weights(&source, &step->file, "linear.bias", 1, out, 1, &step->bias);
    if (status == SA_OK && step->file.count != 1 + bias)
        return fail(r->report, SA_ERR_UNSUPPORTED, "%s: it has %lld tensors, not %d", name, (long long)step->file.count,
                    1 + bias);
    return status;
}

static sa_status read_dense(const struct reading *r, const struct module *m, struct sentence_step *step) {
    static const char *const known[] = {"in_features",       "out_features",       "bias", "activation_function",
                                        "module_input_name", "module_output_name", NULL};
    char name[SETTING_TEXT];
    const struct json_source source = {r->report, name};
    int64_t in = 0, out = 0;
    int bias = 1;
    json_t *object;
    step->is_dense = 1;
    sa_status status = read_config(r, m, name, &object);
    if (status == SA_OK) status = pooling_check_members(&source, object, known);
    if (status == SA_OK) status = json_member_integer(&source, object, "", "in_features", 1, GEMM_MAX, &in);
    if (status == SA_OK) status = json_member_integer(&source, object, "", "out_features", 1, GEMM_MAX, &out);
    if (status == SA_OK && !json_member_absent(object, "bias"))
        status = json_member_flag(&source, object, "", "bias", &bias);
    if (status == SA_OK) status = check_name(&source, object, "module_input_name");
    if (status == SA_OK) status = check_name(&source, object, "module_output_name");
    if (status == SA_OK) status = read_activation(&source, object, step);
    if (status == SA_OK && in != r->sentence->width)
        status = fail(r->report, SA_ERR_FORMAT, "%s: in_features is %lld, the module before it makes %lld", name,
                      (long long)in, (long long)r->sentence->width);
    if (status == SA_OK) status = open_weights(r, m, in, out, bias, step);
    r->sentence->width = out;
    json_decref(object);
    return status;
}

static sa_status fail_kind(const struct reading *r, size_t i, const struct module *m) {
    return fail(r->report, SA_ERR_UNSUPPORTED,
                "modules.json: module %zu is %.60s%s%.60s%s; supported: Transformer with the path \"\", Pooling, then "
                "Dense, Normalize and Dropout",
                i, m->kind, *m->folder ? " in \"" : "", m->folder, *m->folder ? "\"" : "");
}

static sa_status read_step(const struct reading *r, size_t i, const struct module *m) {
    struct sentence *s = r->sentence;
    const int is_dense = !strcmp(m->kind, "Dense");
    if (!strcmp(m->kind, "Dropout")) return SA_OK; /* only in training */
    if (!is_dense && strcmp(m->kind, "Normalize") != 0) return fail_kind(r, i, m);
    if (s->count == MOST_SENTENCE_STEPS)
        return fail(r->report, SA_ERR_UNSUPPORTED, "modules.json: more than %d modules behind Pooling",
                    MOST_SENTENCE_STEPS);
    struct sentence_step *step = &s->steps[s->count++];
    return is_dense ? read_dense(r, m, step) : SA_OK;
}

static sa_status read_modules(const struct reading *r) {
    const json_t *list = r->files->modules;
    struct module m;
    for (size_t i = 0; i < json_array_size(list); i++) {
        sa_status status = take_module(r, list, i, &m);
        if (status == SA_OK && i == 0 && (strcmp(m.kind, "Transformer") != 0 || *m.folder))
            status = fail_kind(r, i, &m);
        else if (status == SA_OK && i == 1)
            status = strcmp(m.kind, "Pooling") != 0 ? fail_kind(r, i, &m) : read_pooling(r, &m);
        else if (status == SA_OK && i > 1)
            status = read_step(r, i, &m);
        if (status != SA_OK) return status;
    }
    if (json_array_size(list) > 1) return SA_OK;
    return fail(r->report, SA_ERR_UNSUPPORTED, "modules.json: there is no Pooling");
}

sa_status sentence_read(struct report *report, const struct model_files *files, int64_t width, struct sentence *s) {
    struct report own = {{0}};
    const struct reading reading = {&own, files, s};
    const struct json_source source = {&own, "the setting pooling_type"};
    *s = (struct sentence){.pooling = {.count = 1, .modes = {POOLING_MEAN}}, .count = 1, .width = width};
    s->is_default = !files->modules && !files->pooling;
    if (s->is_default) return SA_OK;
    if (files->modules) s->count = 0;
    sa_status status =
        files->modules ? read_modules(&reading) : pooling_read(&source, files->pooling, width, &s->pooling);
    if (status == SA_OK) return SA_OK;
    if (status != SA_ERR_UNSUPPORTED && status != SA_ERR_FILE) {
        *report = own;
        return status;
    }
    s->refused = own;
    s->width = 0;
    return SA_OK;
}

void sentence_take_pooled(struct sentence *s, const struct tensor *projection, int64_t pooled_width) {
    s->is_of_pooled = 1;
    s->width = pooled_width;
    s->pooling = (struct pooling_config){.count = 1, .modes = {POOLING_FIRST}};
    if (!projection) return;
    s->steps[s->count++] = s->steps[0];
    s->steps[0] = (struct sentence_step){.is_dense = 1, .weight = projection};
    s->width = projection->size[0];
}

void sentence_release(struct sentence *s) {
    for (int64_t i = 0; i < s->count; i++) tensors_close(&s->steps[i].file);
}
