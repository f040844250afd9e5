/* SPDX-License-Identifier: MIT */
#include "file/tensors.h"

#include "base/arith.h"
#include "base/quantised.h"
#include "file/mxfp4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sa_status tensors_open_file(struct tensor_file *f, struct report *report, const char *path, int is_read) {
    return is_read ? file_read(&f->memory, report, path, INT64_MAX, &f->file) : file_map(report, path, &f->file);
}

sa_status tensors_create(struct tensor_file *f, struct report *report, int64_t count, int64_t bytes) {
    f->names = memory_allocate(&f->memory, bytes, 1);
    if (!f->names) return fail_memory(report, bytes, "tensor names");
    f->names_bytes = bytes;
    f->tensors = memory_allocate(&f->memory, count, sizeof *f->tensors);
    if (!f->tensors) return fail_memory(report, count * (int64_t)sizeof *f->tensors, "a list of tensors");
    f->count = f->room = count;
    return SA_OK;
}

void tensors_close(struct tensor_file *f) {
    for (int64_t i = 0; i < f->shard_count; i++) tensors_close(&f->shards[i]);
    memory_release(&f->memory, f->shards, f->shard_count, sizeof *f->shards);
    memory_release(&f->memory, f->tensors, f->room, sizeof *f->tensors);
    memory_release(&f->memory, f->names, f->names_bytes, 1);
    memory_release(&f->memory, f->changed, f->changed_count, sizeof *f->changed);
    memory_release(&f->memory, f->joined, f->joined_bytes, 1);
    file_close(&f->file);
    json_decref(f->family);
    *f = (struct tensor_file){0};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

void tensors_sort(struct tensor_file *f) {
    if (f->count) qsort(f->tensors, (size_t)f->count, sizeof *f->tensors, by_name);
}

const struct tensor *tensors_find(const struct tensor_file *f, const char *name) {
    const struct tensor wanted = {.name = name};
    return f->count ? bsearch(&wanted, f->tensors, (size_t)f->count, sizeof *f->tensors, by_name) : NULL;
}

void tensors_remove(struct tensor_file *f, const char *name) {
    const struct tensor *t = tensors_find(f, name);
    if (!t) return;
    const int64_t at = t - f->tensors;
    f->count--;
    memmove(f->tensors + at, f->tensors + at + 1, (size_t)(f->count - at) * sizeof *f->tensors);
}

const char *tensors_own_name(const struct tensor_file *f, const char *name, char own[TENSOR_NAME_BYTES]) {
    if (!f->own_name) return name;
    f->own_name(f->family, name, own);
    return own;
}

/* Byte by byte: independent of alignment and of the host's byte order. Compilers turn this into one load. */
static uint16_t load_16(const unsigned char *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t load_32(const unsigned char *p) {
    return load_16(p) | (uint32_t)load_16(p + 2) << 16;
}

static void mxfp4_floats(const struct tensor *t, int64_t first, int64_t count, float *out) {
    const struct block_type *type = block_type(t->type);
    unsigned char block[MOST_BLOCK_ELEMENTS];
    while (count > 0) {
        const int64_t from = first % type->elements, n = min_i64(type->elements - from, count);
        mxfp4_blocks(t, first / type->elements, 1, block);
        blocks_widen(out, block, t->type, from, n);
        first += n, out += n, count -= n;
    }
}

void tensor_floats(const struct tensor *t, int64_t first, int64_t count, float *out) {
    if (t->scales) {
        mxfp4_floats(t, first, count, out);
        return;
    }
    if (is_quantised(t->type)) {
        blocks_widen(out, t->data, t->type, first, count);
        return;
    }
    const unsigned char *p = t->data + first * (t->type == SA_F32 ? 4 : 2);
    if (t->type == SA_F32)
        for (int64_t i = 0; i < count; i++) out[i] = float_of_bits(load_32(p + 4 * i));
    else if (t->type == SA_BF16)
        for (int64_t i = 0; i < count; i++) out[i] = float_of_bf16(load_16(p + 2 * i));
    else
        for (int64_t i = 0; i < count; i++) out[i] = float_of_f16(load_16(p + 2 * i));
}

void tensor_name(char name[TENSOR_NAME_BYTES], const char *pattern, int64_t block) {
    const char *mark = strchr(pattern, '#');
    if (mark)
        snprintf(name, TENSOR_NAME_BYTES, "%.*s%lld%s", (int)(mark - pattern), pattern, (long long)block, mark + 1);
    else
        snprintf(name, TENSOR_NAME_BYTES, "%s", pattern);
}

const char *shape_text(const int64_t *size, int32_t axes, char text[SHAPE_TEXT]) {
    int at = snprintf(text, SHAPE_TEXT, "[");
    for (int32_t i = 0; i < axes; i++)
        at += snprintf(text + at, (size_t)(SHAPE_TEXT - at), "%s%lld", i ? ", " : "", (long long)size[i]);
    snprintf(text + at, (size_t)(SHAPE_TEXT - at), "]");
    return text;
}
