/* Checkpoints: the model or its adapters, their settings, and optimizer.safetensors with moments.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/arith.h"
#include "base/little_endian.h"
#include "file/path.h"
#include "write/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 400, PATH_BYTES = 4096, ALIGNMENT = 8 };

/* What a file holds: values, those of a model with its adapters added; or first and then second moments. */
struct contents {
    const struct sa_trainer *trainer;
    const struct parameters *of;
    int are_moments;
};

static int64_t entries_of(const struct contents *c) {
    return c->of->count * (c->are_moments ? 2 : 1);
}

/* An array to be written: a parameter's, under a name of its own. */
struct entry {
    char name[NAME_BYTES];
    const struct parameter *parameter;
    const float *x;
    int64_t count;
};

static struct entry entry_of(const struct contents *c, int64_t i) {
    const int64_t count = c->of->count;
    const struct parameter *p = &c->of->list[i % count];
    struct entry e = {.parameter = p, .x = p->value, .count = p->count};
    if (c->are_moments) e.x = i < count ? p->first : p->second;
    snprintf(e.name, sizeof e.name, "%s%s", c->are_moments ? i < count ? "first." : "second." : "", p->tensor->name);
    return e;
}

static json_t *describe(const struct entry *e, int64_t *at) {
    json_t *shape = json_array();
    for (int32_t a = 0; a < e->parameter->tensor->axes; a++)
        json_array_append_new(shape, json_integer(e->parameter->tensor->size[a]));
    const int64_t from = *at;
    *at += e->count * (int64_t)sizeof(float);
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)from,
                     (json_int_t)*at);
}

static sa_status write_header(struct report *report, const struct contents *c, struct new_file *file) {
    static const char spaces[ALIGNMENT] = "        ";
    char updates[32];
    unsigned char size[8];
    int64_t at = 0;
    json_t *header = json_object();
    snprintf(updates, sizeof updates, "%lld", (long long)c->trainer->updates);
    json_object_set_new(header, "__metadata__", json_pack("{s:s, s:s}", "format", "pt", "updates", updates));
    for (int64_t i = 0; i < entries_of(c); i++) {
        const struct entry e = entry_of(c, i);
        json_object_set_new(header, e.name, describe(&e, &at));
    }
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (!text) return fail_memory_for(report, "the header of a checkpoint");
    const int64_t length = (int64_t)strlen(text), padded = round_up(length, ALIGNMENT);
    store_little(size, (uint64_t)padded, sizeof size);
    sa_status status = new_file_put(report, file, size, sizeof size);
    if (status == SA_OK) status = new_file_put(report, file, text, length);
    if (status == SA_OK) status = new_file_put(report, file, spaces, padded - length);
    free(text);
    return status;
}

/* The values of a matrix with its adapter added. */
static sa_status put_merged(sa_ctx *ctx, const struct sa_trainer *t, const struct entry *e, struct new_file *file) {
    const int64_t bytes = e->count * (int64_t)sizeof(float);
    float *merged = memory_allocate(&t->memory, e->count, sizeof *merged);
    if (!merged) return fail_memory(&ctx->report, bytes, "a matrix with its adapter");
    memcpy(merged, e->x, (size_t)bytes);
    adapters_merge(&ctx->machine.parallel, &t->adapters, e->parameter, merged);
    sa_status status = context_cancelled(ctx);
    if (status == SA_OK) status = new_file_put(&ctx->report, file, merged, bytes);
    memory_release(&t->memory, merged, e->count, sizeof *merged);
    return status;
}

static sa_status write_tensors(sa_ctx *ctx, const struct contents *c, const char *path) {
    struct report *report = &ctx->report;
    struct new_file file;
    sa_status status = new_file_open(&c->trainer->memory, report, path, &file);
    if (status != SA_OK) return status;
    status = write_header(report, c, &file);
    for (int64_t i = 0; i < entries_of(c) && status == SA_OK; i++) {
        const struct entry e = entry_of(c, i);
        status = e.parameter->adapter ? put_merged(ctx, c->trainer, &e, &file)
                                      : new_file_put(report, &file, e.x, e.count * (int64_t)sizeof *e.x);
    }
    return new_file_close(report, &file, status);
}

static sa_status write_json(struct report *report, const struct sa_trainer *t, const json_t *json, const char *path) {
    struct new_file file;
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (!text) return fail_memory_for(report, "a checkpoint's settings");
    sa_status status = new_file_open(&t->memory, report, path, &file);
    if (status == SA_OK)
        status = new_file_close(report, &file, new_file_put(report, &file, text, (int64_t)strlen(text)));
    free(text);
    return status;
}

static sa_status path_in(struct report *report, const char *directory, const char *name, char path[PATH_BYTES]) {
    const int length = snprintf(path, PATH_BYTES, "%s/%s", directory, name);
    return length < PATH_BYTES ? SA_OK : fail(report, SA_ERR_VALUE, "the path \"%.80s ...\" is too long", directory);
}

static sa_status write_settings(struct report *report, const struct sa_trainer *t, const char *directory,
                                const char *name, const json_t *json) {
    char path[PATH_BYTES];
    sa_status status = path_in(report, directory, name, path);
    return status == SA_OK ? write_json(report, t, json, path) : status;
}

static sa_status write_file(sa_ctx *ctx, const struct contents *c, const char *directory, const char *name) {
    char path[PATH_BYTES];
    sa_status status = path_in(&ctx->report, directory, name, path);
    return status == SA_OK ? write_tensors(ctx, c, path) : status;
}

/* Weights come last: a checkpoint whose weights are new is complete. */
sa_status trainer_write(sa_ctx *ctx, const struct sa_trainer *t, const char *directory) {
    const struct contents values = {t, trainer_learned(t), 0}, moments = {t, trainer_learned(t), 1};
    json_t *settings = t->adapters.count ? adapter_config(t) : json_incref(t->files.config);
    const int has_adapters = t->adapters.count > 0;
    sa_status status =
        write_settings(&ctx->report, t, directory, has_adapters ? "adapter_config.json" : "config.json", settings);
    json_decref(settings);
    if (status == SA_OK) status = write_file(ctx, &moments, directory, "optimizer.safetensors");
    if (status != SA_OK) return status;
    return write_file(ctx, &values, directory, has_adapters ? "adapter_model.safetensors" : "model.safetensors");
}

sa_status trainer_write_merged(sa_ctx *ctx, const struct sa_trainer *t, const char *directory) {
    const struct contents values = {t, &t->parameters, 0};
    sa_status status = write_settings(&ctx->report, t, directory, "config.json", t->files.config);
    return status == SA_OK ? write_file(ctx, &values, directory, "model.safetensors") : status;
}

static sa_status take_moment(struct report *report, const struct tensor_file *file, const struct entry *e, float *to) {
    const struct tensor *tensor = tensors_find(file, e->name);
    if (!tensor) return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", file->file.name, e->name);
    if (tensor->type != SA_F32 || tensor->elements != e->count)
        return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" has %lld numbers of type %s, must have %lld of F32",
                    file->file.name, e->name, (long long)tensor->elements, tensor->dtype, (long long)e->count);
    tensor_floats(tensor, 0, e->count, to);
    return SA_OK;
}

/* The header's metadata has the number of updates. */
static sa_status take_updates(struct report *report, const struct tensor_file *file, int64_t *updates) {
    const unsigned char *bytes = (const unsigned char *)file->file.bytes;
    json_error_t error;
    json_t *header = json_loadb((const char *)bytes + 8, (size_t)load_little(bytes, 8), 0, &error);
    const char *text = json_string_value(json_object_get(json_object_get(header, "__metadata__"), "updates"));
    long long number = -1;
    char rest;
    const int fine = text && sscanf(text, "%lld%c", &number, &rest) == 1 && number >= 0;
    json_decref(header);
    *updates = (int64_t)number;
    return fine ? SA_OK
                : fail(report, SA_ERR_FORMAT, "%s: the metadata does not say how many updates were made",
                       file->file.name);
}

sa_status trainer_read_moments(sa_ctx *ctx, struct sa_trainer *t, const char *directory) {
    struct report *report = &ctx->report;
    struct tensor_file file;
    char path[PATH_BYTES];
    sa_status status = path_in(report, directory, "optimizer.safetensors", path);
    if (status == SA_OK) status = safetensors_open(&t->memory, report, path, 0, &file);
    if (status != SA_OK) return status;
    const struct contents moments = {t, trainer_learned(t), 1};
    for (int64_t i = 0; i < entries_of(&moments) && status == SA_OK; i++) {
        const struct entry e = entry_of(&moments, i);
        const struct parameter *p = e.parameter;
        status = take_moment(report, &file, &e, e.x == p->first ? p->first : p->second);
    }
    if (status == SA_OK) status = take_updates(report, &file, &t->updates);
    tensors_close(&file);
    return status;
}
