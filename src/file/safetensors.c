/* The safetensors format: eight bytes with the length of a JSON header, the header, the tensors' bytes without gaps.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "file/json.h"
#include "file/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

static const struct {
    const char *name;
    int32_t bits, type;
} dtypes[] = {
    {"F32", 32, SA_F32}, {"F16", 16, SA_F16}, {"BF16", 16, SA_BF16}, {"F64", 64, -1},    {"I64", 64, -1},
    {"I32", 32, -1},     {"I16", 16, -1},     {"I8", 8, -1},         {"U64", 64, -1},    {"U32", 32, -1},
    {"U16", 16, -1},     {"U8", 8, -1},       {"BOOL", 8, -1},       {"F8_E4M3", 8, -1}, {"F8_E5M2", 8, -1},
    {"F8_E8M0", 8, -1},  {"C64", 64, -1},     {"F4", 4, -1},         {"F6_E2M3", 6, -1}, {"F6_E3M2", 6, -1},
};

/* The bytes of the file behind the header. */
struct data {
    const unsigned char *bytes;
    int64_t size;
};

/* One entry of the header while it is read; `path` names it in failures. */
struct entry {
    const struct json_source *source;
    const json_t *json;
    char path[120];
    int64_t bits; /* of an element */
};

static sa_status header_length(struct report *report, const struct mapped_file *file, int64_t *length) {
    uint64_t n = 0;
    if (file->size < LENGTH_BYTES)
        return fail(report, SA_ERR_FORMAT, "%s: %lld bytes are too few for a safetensors file", file->name,
                    (long long)file->size);
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) n = n << 8 | file->bytes[i];
    if (n > (uint64_t)(file->size - LENGTH_BYTES))
        return fail(report, SA_ERR_FORMAT, "%s: a header of %llu bytes does not fit into a file of %lld", file->name,
                    (unsigned long long)n, (long long)file->size);
    *length = (int64_t)n;
    return SA_OK;
}

static sa_status take_dtype(struct entry *e, struct tensor *t) {
    const char *name;
    sa_status status = json_member_text(e->source, e->json, e->path, "dtype", &name);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < COUNT_OF(dtypes); i++)
        if (!strcmp(name, dtypes[i].name)) {
            t->dtype = dtypes[i].name, t->type = dtypes[i].type, e->bits = dtypes[i].bits;
            return SA_OK;
        }
    return fail(e->source->report, SA_ERR_FORMAT, "%s: %sdtype is \"%.20s\", which is unknown", e->source->file,
                e->path, name);
}

/* Item i of an array of sizes or offsets. */
static sa_status take_count(const struct entry *e, const char *key, const json_t *array, size_t i, int64_t *count) {
    const json_t *item = json_array_get(array, i);
    *count = json_integer_value(item);
    if (json_is_integer(item) && *count >= 0) return SA_OK;
    if (json_is_integer(item))
        return fail(e->source->report, SA_ERR_FORMAT, "%s: %s%s[%zu] is %lld", e->source->file, e->path, key, i,
                    (long long)*count);
    return fail(e->source->report, SA_ERR_FORMAT, "%s: %s%s[%zu] is %s, must be an integer", e->source->file, e->path,
                key, i, json_type_text(item));
}

static sa_status take_shape(const struct entry *e, struct tensor *t) {
    json_t *shape;
    sa_status status = json_member(e->source, e->json, e->path, "shape", JSON_ARRAY, &shape);
    if (status != SA_OK) return status;
    if (json_array_size(shape) > TENSOR_MOST_AXES)
        return fail(e->source->report, SA_ERR_UNSUPPORTED, "%s: %sshape has %zu axes, at most %d are supported",
                    e->source->file, e->path, json_array_size(shape), TENSOR_MOST_AXES);
    t->axes = (int32_t)json_array_size(shape);
    t->elements = 1;
    for (int32_t i = 0; i < t->axes && status == SA_OK; i++) {
        status = take_count(e, "shape", shape, (size_t)i, &t->size[i]);
        if (status == SA_OK && !checked_mul(t->elements, t->size[i], &t->elements))
            status = fail(e->source->report, SA_ERR_FORMAT, "%s: %sshape has more than 2^63 elements", e->source->file,
                          e->path);
    }
    return status;
}

static sa_status take_place(const struct entry *e, const struct data *data, struct tensor *t) {
    struct report *report = e->source->report;
    int64_t begin = 0, end = 0, bits;
    json_t *offsets;
    sa_status status = json_member(e->source, e->json, e->path, "data_offsets", JSON_ARRAY, &offsets);
    if (status != SA_OK) return status;
    if (json_array_size(offsets) != 2)
        return fail(report, SA_ERR_FORMAT, "%s: %sdata_offsets has %zu items, must have 2", e->source->file, e->path,
                    json_array_size(offsets));
    status = take_count(e, "data_offsets", offsets, 0, &begin);
    if (status == SA_OK) status = take_count(e, "data_offsets", offsets, 1, &end);
    if (status != SA_OK) return status;
    if (begin > end || end > data->size)
        return fail(report, SA_ERR_FORMAT, "%s: %sdata_offsets are %lld and %lld; the file has %lld bytes of data",
                    e->source->file, e->path, (long long)begin, (long long)end, (long long)data->size);
    if (!checked_mul(t->elements, e->bits, &bits) || bits % 8 || bits / 8 != end - begin) {
        char shape[SHAPE_TEXT];
        return fail(report, SA_ERR_FORMAT, "%s: %sdata_offsets hold %lld bytes, which is not what %s of %s needs",
                    e->source->file, e->path, (long long)(end - begin), shape_text(t->size, t->axes, shape), t->dtype);
    }
    t->data = data->bytes + begin;
    t->bytes = end - begin;
    return SA_OK;
}

static sa_status take_tensor(const struct json_source *source, const json_t *json, const struct data *data,
                             struct tensor *t) {
    struct entry e = {.source = source, .json = json};
    snprintf(e.path, sizeof e.path, "tensor \"%.80s\": ", t->name);
    if (!json_is_object(json))
        return fail(source->report, SA_ERR_FORMAT, "%s: %sis %s, must be an object", source->file, e.path,
                    json_type_text(json));
    sa_status status = take_dtype(&e, t);
    if (status == SA_OK) status = take_shape(&e, t);
    return status == SA_OK ? take_place(&e, data, t) : status;
}

static int is_metadata(const char *key) {
    return !strcmp(key, "__metadata__");
}

/* Counts the tensors and the bytes of their names, and allocates both. */
static sa_status make_list(struct report *report, json_t *header, struct tensor_file *f) {
    const char *key;
    json_t *value;
    int64_t count = 0, bytes = 0;
    json_object_foreach(header, key, value) {
        if (is_metadata(key)) continue;
        count++;
        bytes += (int64_t)strlen(key) + 1;
    }
    return tensors_create(f, report, count, bytes);
}

static sa_status take_tensors(const struct json_source *source, json_t *header, const struct data *data,
                              struct tensor_file *f) {
    const char *key;
    char *name = f->names;
    struct tensor *t = f->tensors;
    json_t *value;
    json_object_foreach(header, key, value) {
        if (is_metadata(key)) continue;
        size_t bytes = strlen(key) + 1;
        t->name = memcpy(name, key, bytes);
        name += bytes;
        sa_status status = take_tensor(source, value, data, t++);
        if (status != SA_OK) return status;
    }
    return SA_OK;
}

/* Orders by place; an empty tensor comes before the one that begins at the same place. */
static int by_place(const void *a, const void *b) {
    const struct tensor *s = a, *t = b;
    if (s->data != t->data) return s->data < t->data ? -1 : 1;
    return (s->bytes > t->bytes) - (s->bytes < t->bytes);
}

/* Checks that every byte of the data belongs to exactly one tensor. */
static sa_status check_places(struct report *report, const struct data *data, struct tensor_file *f) {
    int64_t at = 0;
    qsort(f->tensors, (size_t)f->count, sizeof *f->tensors, by_place);
    for (int64_t i = 0; i < f->count; i++) {
        const struct tensor *t = &f->tensors[i];
        int64_t begin = t->data - data->bytes;
        if (begin < at)
            return fail(report, SA_ERR_FORMAT, "%s: tensors \"%.80s\" and \"%.80s\" overlap at byte %lld of the data",
                        f->file.name, f->tensors[i - 1].name, t->name, (long long)begin);
        if (begin > at)
            return fail(report, SA_ERR_FORMAT,
                        "%s: bytes %lld to %lld of the data, before tensor \"%.80s\", are unused", f->file.name,
                        (long long)at, (long long)begin, t->name);
        at = begin + t->bytes;
    }
    if (at == data->size) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: the tensors end at byte %lld of the data, but there are %lld", f->file.name,
                (long long)at, (long long)data->size);
}

static sa_status take_file(struct report *report, struct tensor_file *f) {
    const struct json_source source = {report, f->file.name};
    int64_t length = 0;
    json_t *header;
    sa_status status = header_length(report, &f->file, &length);
    if (status == SA_OK) status = json_parse(&source, f->file.bytes + LENGTH_BYTES, length, &header);
    if (status != SA_OK) return status;
    const struct data data = {f->file.bytes + LENGTH_BYTES + length, f->file.size - LENGTH_BYTES - length};
    status = make_list(report, header, f);
    if (status == SA_OK) status = take_tensors(&source, header, &data, f);
    if (status == SA_OK) status = check_places(report, &data, f);
    if (status == SA_OK) tensors_sort(f);
    json_decref(header);
    return status;
}

sa_status safetensors_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                           struct tensor_file *f) {
    *f = (struct tensor_file){.memory = *memory, .types = "F32, F16 and BF16"};
    sa_status status = tensors_open_file(f, report, path, is_read);
    if (status == SA_OK) status = take_file(report, f);
    if (status != SA_OK) tensors_close(f);
    return status;
}
