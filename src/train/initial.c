/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* stpcpy */
#include "train/initial.h"

#include "base/arith.h"
#include "base/dropout.h"
#include "base/little_endian.h"
#include "describe/settings_open.h"
#include "file/json_file.h"
#include "file/path.h"
#include "model/wanted.h"
#include "text/vocabulary.h"

#include <stdio.h>
#include <string.h>

enum { FLOAT_BYTES = 4 };

/* Tensors by name, each {"kind": ..., "size": [...]}; one that is there already is shared. */
struct list {
    struct report *report;
    json_t *tensors;
    int64_t name_bytes, elements;
};

static sa_status take(void *user, const struct wanted_tensor *t) {
    struct list *list = user;
    int64_t elements = 1;
    if (json_object_get(list->tensors, t->name)) return SA_OK;
    json_t *size = json_array();
    for (int32_t a = 0; a < t->axes; a++) {
        json_array_append_new(size, json_integer(t->size[a]));
        if (!checked_mul(elements, t->size[a], &elements)) elements = INT64_MAX;
    }
    if (json_object_set_new(list->tensors, t->name, json_pack("{s:i, s:o}", "kind", (int)t->kind, "size", size)))
        return fail_memory_for(list->report, "a list of tensors");
    list->name_bytes += (int64_t)strlen(t->name) + 1;
    return checked_add(list->elements, elements, &list->elements)
               ? SA_OK
               : fail_overflow(list->report, "the size of a model's parameters");
}

/* A normal number of deviation 1, nearly: twelve even numbers of 32 bits from their sum's mean (Irwin and Hall). Sums
 * of integers are the same on every machine. */
static double draw(const uint32_t seed[2], uint64_t name, int64_t place) {
    enum { BLOCKS = 3 };
    uint64_t sum = 0;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        const uint32_t counter[4] = {(uint32_t)place, (uint32_t)(place >> 32) * (BLOCKS + 1) + block, (uint32_t)name,
                                     (uint32_t)(name >> 32)};
        uint32_t words[PHILOX_WORDS];
        philox(seed, counter, words);
        for (int i = 0; i < PHILOX_WORDS; i++) sum += words[i];
    }
    /* The mean of a word is (2^32 - 1) / 2. */
    return ((double)sum - 6 * 4294967295.0) * 0x1p-32;
}

static void fill_tensor(const struct tensor *t, enum wanted_kind kind, uint64_t seed, double deviation,
                        unsigned char *to) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint64_t name = hash_more(hash_nothing, t->name, (int64_t)strlen(t->name));
    for (int64_t i = 0; i < t->elements; i++, to += FLOAT_BYTES) {
        const float x = kind == WANTED_NUMBERS ? (float)(deviation * draw(key, name, i)) : (float)(kind == WANTED_ONES);
        store_little(to, bits_of_float(x), FLOAT_BYTES);
    }
}

static sa_status take_deviation(struct report *report, const char *file, const json_t *config, double *deviation) {
    static const char *const keys[] = {"initializer_range", "init_std"};
    *deviation = 0.02;
    for (int i = 0; i < 2; i++) {
        const json_t *value = json_object_get(config, keys[i]);
        if (!value || json_is_null(value)) continue;
        *deviation = json_is_number(value) ? json_number_value(value) : -1;
        if (*deviation >= 0 && *deviation <= 1e6) return SA_OK;
        return fail(report, SA_ERR_FORMAT, "%s: %s must be a number of 0 or more", file, keys[i]);
    }
    return SA_OK;
}

/* The names and shapes of the tensors; their bytes lie one behind the other. */
static sa_status make_tensors(struct report *report, const struct list *list, const char *name, uint64_t seed,
                              double deviation, struct tensor_file *f) {
    int64_t bytes;
    const char *key;
    json_t *value;
    if (!checked_mul(list->elements, FLOAT_BYTES, &bytes))
        return fail_overflow(report, "the size of a model's parameters");
    sa_status status = tensors_create(f, report, (int64_t)json_object_size(list->tensors), list->name_bytes);
    unsigned char *at = status == SA_OK ? memory_allocate(&f->memory, bytes, 1) : NULL;
    if (!at) return status == SA_OK ? fail_memory(report, bytes, "a model's parameters") : status;
    f->file = (struct mapped_file){.bytes = at, .size = bytes, .memory = f->memory};
    snprintf(f->file.name, sizeof f->file.name, "%s", name);
    f->types = "F32";
    struct tensor *t = f->tensors;
    char *names = f->names;
    json_object_foreach(list->tensors, key, value) {
        const json_t *size = json_object_get(value, "size");
        *t = (struct tensor){.name = names, .dtype = "F32", .type = SA_F32, .elements = 1, .data = at};
        names = stpcpy(names, key) + 1;
        for (t->axes = 0; t->axes < (int32_t)json_array_size(size); t->axes++) {
            t->size[t->axes] = json_integer_value(json_array_get(size, (size_t)t->axes));
            t->elements *= t->size[t->axes];
        }
        t->bytes = t->elements * FLOAT_BYTES;
        fill_tensor(t, (enum wanted_kind)json_integer_value(json_object_get(value, "kind")), seed, deviation, at);
        at += t->bytes;
        t++;
    }
    tensors_sort(f);
    return SA_OK;
}

static sa_status make(const struct settings *settings, uint64_t seed, struct model_files *files) {
    struct model_config config;
    double deviation;
    struct list list = {.report = settings->report, .tensors = json_object()};
    struct wanted wanted = {take, &list};
    sa_status status = take_deviation(settings->report, settings->config_name, settings->config, &deviation);
    if (status == SA_OK) status = config_read(settings, &config);
    if (status == SA_OK) status = wanted_tensors(&files->memory, settings, &config, &wanted);
    files->weights = (struct tensor_file){.memory = files->memory};
    if (status == SA_OK)
        status = make_tensors(settings->report, &list, settings->config_name, seed, deviation, &files->weights);
    json_decref(list.tensors);
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
                             struct model_files *files) {
    struct settings settings = {0};
    *files = (struct model_files){.memory = *memory};
    sa_status status = read_settings(report, path, files);
    if (status == SA_OK) status = settings_open(report, "config.json", files, NULL, &settings);
    if (status == SA_OK) status = make(&settings, seed, files);
    settings_close(&settings);
    if (status != SA_OK) model_files_close(files);
    return status;
}
