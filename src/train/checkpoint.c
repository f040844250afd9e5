/* Checkpoints: the model or its adapters, their settings, and optimizer.safetensors with moments and masters.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/arith.h"
#include "base/half.h"
#include "base/little_endian.h"
#include "file/lora.h"
#include "file/path.h"
#include "write/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 400, PATH_BYTES = 4096, ALIGNMENT = 8 };

/* What a file holds: the model's numbers, those with adapters added; or what the optimiser keeps, first moments, then
 * second ones, then masters, where the model's file has rounded numbers. */
struct contents {
    const struct sa_trainer *trainer;
    const struct parameters *of;
    const struct parameters *constants; /* behind the model's numbers; NULL: none */
    int kept;                           /* so many arrays of each parameter, 2 or 3; 0: the model's numbers */
};

enum { MOMENTS = 2, MOMENTS_AND_MASTERS };

static int64_t entries_of(const struct contents *c) {
    return c->of->count * (c->kept ? c->kept : 1) + (c->constants ? c->constants->count : 0);
}

/* An array to be written, or read: a parameter's, under a name of its own. */
struct entry {
    char name[NAME_BYTES];
    const struct parameter *parameter;
    float *x;
    int64_t count;
    int is_rounded; /* to bfloat16 in the file */
};

static struct entry entry_of(const struct contents *c, int64_t i) {
    static const char *const prefixes[] = {"first.", "second.", "master."};
    const int64_t count = c->of->count, array = c->kept ? i / count : 0;
    const struct parameter *p = c->kept      ? &c->of->list[i % count]
                                : i >= count ? &c->constants->list[i - count]
                                             : &c->of->list[i];
    float *const kept[] = {p->first, p->second, p->master};
    struct entry e = {.parameter = p, .x = c->kept ? kept[array] : p->master, .count = p->count};
    e.is_rounded = p->gradient && !c->kept && c->trainer->config.weights == SA_BF16;
    snprintf(e.name, sizeof e.name, "%s%s", c->kept ? prefixes[array] : "", p->tensor->name);
    return e;
}

static json_t *describe(const struct entry *e, int64_t *at) {
    json_t *shape = json_array();
    for (int32_t a = 0; a < e->parameter->tensor->axes; a++)
        json_array_append_new(shape, json_integer(e->parameter->tensor->size[a]));
    const int64_t from = *at;
    *at += e->count * element_size(e->is_rounded ? SA_BF16 : SA_F32);
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", e->is_rounded ? "BF16" : "F32", "shape", shape, "data_offsets",
                     (json_int_t)from, (json_int_t)*at);
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

static sa_status put_rounded(sa_ctx *ctx, const struct sa_trainer *t, const struct entry *e, struct new_file *file) {
    const int64_t bytes = e->count * element_size(SA_BF16);
    uint16_t *rounded = memory_allocate(&t->memory, e->count, sizeof *rounded);
    if (!rounded) return fail_memory(&ctx->report, bytes, "a matrix rounded to bfloat16");
    for (int64_t i = 0; i < e->count; i++) rounded[i] = bf16_of_float(e->x[i]);
    sa_status status = new_file_put(&ctx->report, file, rounded, bytes);
    memory_release(&t->memory, rounded, e->count, sizeof *rounded);
    return status;
}

static sa_status put(sa_ctx *ctx, const struct sa_trainer *t, const struct entry *e, struct new_file *file) {
    if (e->parameter->adapter) return put_merged(ctx, t, e, file);
    if (e->is_rounded) return put_rounded(ctx, t, e, file);
    return new_file_put(&ctx->report, file, e->x, e->count * (int64_t)sizeof *e->x);
}

static sa_status write_tensors(sa_ctx *ctx, const struct contents *c, const char *path) {
    struct report *report = &ctx->report;
    struct new_file file;
    sa_status status = new_file_open(&c->trainer->memory, report, path, &file);
    if (status != SA_OK) return status;
    status = write_header(report, c, &file);
    for (int64_t i = 0; i < entries_of(c) && status == SA_OK; i++) {
        const struct entry e = entry_of(c, i);
        status = put(ctx, c->trainer, &e, &file);
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

/* The config.json of the model as it is written; json_decref() it. */
static json_t *model_config(const struct sa_trainer *t) {
    json_t *config = json_copy(t->files.config);
    if (t->config.weights == SA_BF16) /* "dtype" is the newer name */
        json_object_set_new(config, json_object_get(config, "dtype") ? "dtype" : "torch_dtype",
                            json_string("bfloat16"));
    return config;
}

/* Weights come last: a checkpoint whose weights are new is complete. */
sa_status trainer_write(sa_ctx *ctx, const struct sa_trainer *t, const char *directory) {
    const struct contents values = {t, trainer_learned(t), &t->constants, 0},
                          kept = {t, trainer_learned(t), NULL, t->config.weights ? MOMENTS_AND_MASTERS : MOMENTS};
    json_t *settings = t->adapters.count ? adapter_config(t) : model_config(t);
    const int has_adapters = t->adapters.count > 0;
    sa_status status = write_settings(&ctx->report, t, directory, has_adapters ? LORA_CONFIG : "config.json", settings);
    json_decref(settings);
    if (status == SA_OK) status = write_file(ctx, &kept, directory, "optimizer.safetensors");
    if (status != SA_OK) return status;
    return write_file(ctx, &values, directory, has_adapters ? LORA_TENSORS : "model.safetensors");
}

sa_status trainer_write_merged(sa_ctx *ctx, const struct sa_trainer *t, const char *directory) {
    const struct contents values = {t, &t->parameters, &t->constants, 0};
    json_t *settings = model_config(t);
    sa_status status = write_settings(&ctx->report, t, directory, "config.json", settings);
    json_decref(settings);
    return status == SA_OK ? write_file(ctx, &values, directory, "model.safetensors") : status;
}

static sa_status take_kept(struct report *report, const struct tensor_file *file, const struct entry *e) {
    const struct tensor *tensor = tensors_find(file, e->name);
    if (!tensor) return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", file->file.name, e->name);
    if (tensor->type != SA_F32 || tensor->elements != e->count)
        return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" has %lld numbers of type %s, must have %lld of F32",
                    file->file.name, e->name, (long long)tensor->elements, tensor->dtype, (long long)e->count);
    tensor_floats(tensor, 0, e->count, e->x);
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

/* Masters are in the file of a training that rounds; so one that does not goes on with them, too. */
static int has_masters(const struct tensor_file *file) {
    int found = 0;
    for (int64_t i = 0; i < file->count; i++) found |= !strncmp(file->tensors[i].name, "master.", 7);
    return found;
}

sa_status trainer_read_kept(sa_ctx *ctx, struct sa_trainer *t, const char *directory) {
    struct report *report = &ctx->report;
    struct tensor_file file;
    char path[PATH_BYTES];
    sa_status status = path_in(report, directory, "optimizer.safetensors", path);
    if (status == SA_OK) status = safetensors_open(&t->memory, report, path, 0, &file);
    if (status != SA_OK) return status;
    const struct contents kept = {t, trainer_learned(t), NULL, has_masters(&file) ? MOMENTS_AND_MASTERS : MOMENTS};
    for (int64_t i = 0; i < entries_of(&kept) && status == SA_OK; i++) {
        const struct entry e = entry_of(&kept, i);
        status = take_kept(report, &file, &e);
    }
    if (status == SA_OK) status = take_updates(report, &file, &t->updates);
    tensors_close(&file);
    return status;
}
