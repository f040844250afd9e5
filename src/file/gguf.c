/* Reads the container. Each number is checked against the rest of the file before it is used.
 * SPDX-License-Identifier: MIT */
#include "file/gguf.h"

#include "base/arith.h"
#include "base/compiler.h"

#include <stdlib.h>
#include <string.h>

/* Limits far above those of any model, and the fewest bytes that one value or tensor takes in the file. */
enum { MOST_VALUES = 65536, MOST_TENSORS = 65536, LEAST_VALUE_BYTES = 13, LEAST_TENSOR_BYTES = 24 };

/* Bytes of a value of each type; 0: not of fixed size. */
static const int64_t type_bytes[GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/* The place in the file that is being read. */
struct cursor {
    struct report *report;
    const struct mapped_file *file;
    int64_t at;
};

static uint64_t unsigned_at(const unsigned char *p, int64_t bytes) {
    uint64_t n = 0;
    while (bytes--) n = n << 8 | p[bytes];
    return n;
}

static sa_status take_bytes(struct cursor *c, uint64_t bytes, const char *what, const unsigned char **p) {
    *p = c->file->bytes + c->at;
    if (bytes > (uint64_t)(c->file->size - c->at))
        return fail(c->report, SA_ERR_FORMAT, "%s: at byte %lld %s needs %llu bytes; the file ends at %lld",
                    c->file->name, (long long)c->at, what, (unsigned long long)bytes, (long long)c->file->size);
    c->at += (int64_t)bytes;
    return SA_OK;
}

static sa_status take_number(struct cursor *c, int64_t bytes, const char *what, uint64_t *number) {
    const unsigned char *p;
    sa_status status = take_bytes(c, (uint64_t)bytes, what, &p);
    *number = status == SA_OK ? unsigned_at(p, bytes) : 0;
    return status;
}

static sa_status take_text(struct cursor *c, const char *what, struct gguf_text *text) {
    uint64_t length = 0;
    const unsigned char *p = NULL;
    sa_status status = take_number(c, 8, what, &length);
    if (status == SA_OK) status = take_bytes(c, length, what, &p);
    *text = (struct gguf_text){(const char *)p, (int64_t)length};
    return status;
}

static sa_status take_type(struct cursor *c, int32_t *type) {
    uint64_t number = 0;
    sa_status status = take_number(c, 4, "the type of a setting", &number);
    *type = (int32_t)number;
    if (status != SA_OK || number < GGUF_TYPES) return status;
    return fail(c->report, SA_ERR_FORMAT, "%s: before byte %lld a setting has the unknown type %llu", c->file->name,
                (long long)c->at, (unsigned long long)number);
}

/* `count` items one behind the other. */
static sa_status take_items(struct cursor *c, int32_t type, uint64_t count, const unsigned char **data) {
    struct gguf_text text;
    sa_status status = SA_OK;
    *data = c->file->bytes + c->at;
    if (type == GGUF_TEXT) {
        for (uint64_t i = 0; i < count && status == SA_OK; i++) status = take_text(c, "a text", &text);
        return status;
    }
    uint64_t most = (uint64_t)(c->file->size / type_bytes[type]);
    return take_bytes(c, count > most ? UINT64_MAX : count * (uint64_t)type_bytes[type], "a setting", data);
}

static sa_status take_array(struct cursor *c, struct gguf_value *v) {
    uint64_t count = 0;
    sa_status status = take_type(c, &v->type);
    if (status == SA_OK) status = take_number(c, 8, "the length of an array", &count);
    if (status == SA_OK && v->type == GGUF_ARRAY)
        return fail(c->report, SA_ERR_UNSUPPORTED, "%s: the setting \"%.*s\" is an array of arrays", c->file->name,
                    (int)min_i64(v->key.length, 80), v->key.bytes);
    if (status == SA_OK) status = take_items(c, v->type, count, &v->data);
    v->count = (int64_t)count;
    return status;
}

static sa_status take_value(struct cursor *c, struct gguf_value *v) {
    v->count = -1;
    sa_status status = take_text(c, "the key of a setting", &v->key);
    if (status == SA_OK) status = take_type(c, &v->type);
    if (status != SA_OK) return status;
    return v->type == GGUF_ARRAY ? take_array(c, v) : take_items(c, v->type, 1, &v->data);
}

int gguf_compare(struct gguf_text s, struct gguf_text t) {
    int order = memcmp(s.bytes, t.bytes, (size_t)min_i64(s.length, t.length));
    return order ? order : (s.length > t.length) - (s.length < t.length);
}

static int by_key(const void *a, const void *b) {
    return gguf_compare(((const struct gguf_value *)a)->key, ((const struct gguf_value *)b)->key);
}

static sa_status take_values(struct cursor *c, struct gguf *g) {
    sa_status status = SA_OK;
    for (int64_t i = 0; i < g->value_count && status == SA_OK; i++) status = take_value(c, &g->values[i]);
    if (status != SA_OK) return status;
    qsort(g->values, (size_t)g->value_count, sizeof *g->values, by_key);
    for (int64_t i = 1; i < g->value_count; i++)
        if (!by_key(&g->values[i - 1], &g->values[i]))
            return fail(c->report, SA_ERR_FORMAT, "%s: the setting \"%.*s\" is there twice", c->file->name,
                        (int)min_i64(g->values[i].key.length, 80), g->values[i].key.bytes);
    return SA_OK;
}

static sa_status take_tensor(struct cursor *c, struct gguf_tensor *t) {
    uint64_t axes = 0, size = 0, type = 0;
    sa_status status = take_text(c, "the name of a tensor", &t->name);
    if (status == SA_OK) status = take_number(c, 4, "the shape of a tensor", &axes);
    if (status == SA_OK && axes > GGUF_MOST_AXES)
        return fail(c->report, SA_ERR_FORMAT, "%s: tensor \"%.*s\" has %llu axes, at most %d are allowed",
                    c->file->name, (int)min_i64(t->name.length, 80), t->name.bytes, (unsigned long long)axes,
                    GGUF_MOST_AXES);
    t->axes = (int32_t)axes;
    t->elements = 1;
    for (int32_t i = 0; i < t->axes && status == SA_OK; i++) {
        status = take_number(c, 8, "the shape of a tensor", &size);
        t->size[i] = (int64_t)size;
        if (status == SA_OK && (size > INT64_MAX || !checked_mul(t->elements, t->size[i], &t->elements)))
            status = fail(c->report, SA_ERR_FORMAT, "%s: tensor \"%.*s\" has more than 2^63 elements", c->file->name,
                          (int)min_i64(t->name.length, 80), t->name.bytes);
    }
    if (status == SA_OK) status = take_number(c, 4, "the type of a tensor", &type);
    if (status == SA_OK) status = take_number(c, 8, "the place of a tensor", &t->offset);
    t->type = (uint32_t)type;
    return status;
}

static sa_status take_count(struct cursor *c, int64_t most, int64_t least_bytes, const char *what, int64_t *count) {
    uint64_t n = 0;
    sa_status status = take_number(c, 8, "the header", &n);
    *count = (int64_t)n;
    if (status != SA_OK || (n <= (uint64_t)most && n <= (uint64_t)(c->file->size / least_bytes))) return status;
    return fail(c->report, SA_ERR_FORMAT, "%s: has %llu %s; at most %lld, and what fits into %lld bytes, are accepted",
                c->file->name, (unsigned long long)n, what, (long long)most, (long long)c->file->size);
}

static sa_status take_header(struct cursor *c, int64_t *tensors, int64_t *values) {
    const unsigned char *magic;
    uint64_t version = 0;
    sa_status status = take_bytes(c, 4, "the header", &magic);
    if (status == SA_OK && memcmp(magic, "GGUF", 4) != 0)
        return fail(c->report, SA_ERR_FORMAT, "%s: is not a GGUF file", c->file->name);
    if (status == SA_OK) status = take_number(c, 4, "the header", &version);
    if (status == SA_OK && version != 2 && version != 3)
        return fail(c->report, SA_ERR_UNSUPPORTED, "%s: is version %llu of GGUF; 2 and 3, little-endian, are supported",
                    c->file->name, (unsigned long long)version);
    if (status == SA_OK) status = take_count(c, MOST_TENSORS, LEAST_TENSOR_BYTES, "tensors", tensors);
    if (status == SA_OK) status = take_count(c, MOST_VALUES, LEAST_VALUE_BYTES, "settings", values);
    return status;
}

static sa_status make_lists(struct gguf *g, int64_t tensors, int64_t values) {
    g->values = memory_allocate(&g->memory, values, sizeof *g->values);
    if (!g->values) return fail_memory(g->report, values * (int64_t)sizeof *g->values, "a list of settings");
    g->value_count = values;
    g->tensors = memory_allocate(&g->memory, tensors, sizeof *g->tensors);
    if (!g->tensors) return fail_memory(g->report, tensors * (int64_t)sizeof *g->tensors, "a list of tensors");
    g->tensor_count = tensors;
    return SA_OK;
}

sa_status gguf_read(const struct allocator *memory, struct report *report, const struct mapped_file *file,
                    struct gguf *g) {
    struct cursor c = {report, file, 0};
    int64_t tensors = 0, values = 0;
    *g = (struct gguf){.memory = *memory, .report = report, .file = file};
    sa_status status = take_header(&c, &tensors, &values);
    if (status == SA_OK) status = make_lists(g, tensors, values);
    if (status == SA_OK) status = take_values(&c, g);
    for (int64_t i = 0; i < tensors && status == SA_OK; i++) status = take_tensor(&c, &g->tensors[i]);
    g->end = c.at;
    if (status != SA_OK) gguf_release(g);
    return status;
}

void gguf_release(struct gguf *g) {
    memory_release(&g->memory, g->values, g->value_count, sizeof *g->values);
    memory_release(&g->memory, g->tensors, g->tensor_count, sizeof *g->tensors);
    *g = (struct gguf){0};
}
