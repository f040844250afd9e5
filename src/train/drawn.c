/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* stpcpy */
#include "train/drawn.h"

#include "base/arith.h"
#include "base/dropout.h"
#include "base/little_endian.h"
#include "text/vocabulary.h"

#include <stdio.h>
#include <string.h>

enum { FLOAT_BYTES = 4 };

/* One that is there already is shared. */
static sa_status take(void *user, const struct wanted_tensor *t) {
    struct drawn *list = user;
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
static sa_status make_tensors(const struct drawn *list, const char *name, double deviation, struct tensor_file *f) {
    struct report *report = list->report;
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
        fill_tensor(t, (enum wanted_kind)json_integer_value(json_object_get(value, "kind")), list->seed, deviation, at);
        at += t->bytes;
        t++;
    }
    tensors_sort(f);
    return SA_OK;
}

struct wanted drawn_wanted(struct drawn *drawn) {
    return (struct wanted){take, drawn};
}

sa_status drawn_make(const struct allocator *memory, const struct settings *settings, struct drawn *drawn,
                     struct tensor_file *file) {
    double deviation;
    *file = (struct tensor_file){.memory = *memory};
    sa_status status = take_deviation(settings->report, settings->config_name, settings->config, &deviation);
    return status == SA_OK ? make_tensors(drawn, settings->config_name, deviation, file) : status;
}
