/* SPDX-License-Identifier: MIT */
#include "folder/index.h"

#include "exit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t row_bytes(const struct index *x) {
    return (size_t)x->head.width * (x->head.int8 ? 1 : sizeof(float));
}

struct index index_new(int int8, int64_t width, uint64_t model) {
    return (struct index){.head = {.magic = "SA-INDEX", .version = 1, .int8 = int8, .width = width, .model = model}};
}

static int64_t add_string(struct index *x, const char *text) {
    const size_t length = strlen(text) + 1;
    const int64_t at = x->head.strings;
    x->strings = reallocate(x->strings, (size_t)at + length, 1);
    memcpy(x->strings + at, text, length);
    x->head.strings += (int64_t)length;
    return at;
}

void index_add_file(struct index *x, const char *path, int64_t size, int64_t changed) {
    x->file = reallocate(x->file, (size_t)x->head.files + 1, sizeof *x->file);
    x->file[x->head.files++] =
        (struct index_file){.path = add_string(x, path), .size = size, .changed = changed, .first = x->head.chunks};
}

void index_add_chunk(struct index *x, int64_t offset, int64_t line, const char *text) {
    const size_t count = (size_t)x->head.chunks + 1;
    x->chunk = reallocate(x->chunk, count, sizeof *x->chunk);
    x->scale = reallocate(x->scale, count, sizeof *x->scale);
    x->row = reallocate(x->row, count, row_bytes(x));
    x->scale[count - 1] = 0; /* until its row is set */
    x->chunk[count - 1] = (struct index_chunk){x->head.files - 1, offset, line, add_string(x, text)};
    x->head.chunks++;
    x->file[x->head.files - 1].chunks++;
}

void index_set_row(struct index *x, int64_t chunk, const float *row) {
    char *to = (char *)x->row + (size_t)chunk * row_bytes(x);
    x->scale[chunk] = 1;
    if (!x->head.int8) {
        memcpy(to, row, row_bytes(x));
        return;
    }
    float most = 0;
    for (int64_t i = 0; i < x->head.width; i++) most = fmaxf(most, fabsf(row[i]));
    x->scale[chunk] = most > 0 ? most / 127 : 1;
    for (int64_t i = 0; i < x->head.width; i++) ((int8_t *)to)[i] = (int8_t)lrintf(row[i] / x->scale[chunk]);
}

void index_copy_file(struct index *x, const struct index *other, int64_t from) {
    const struct index_file *f = &other->file[from];
    for (int64_t i = f->first; i < f->first + f->chunks; i++) {
        const struct index_chunk *c = &other->chunk[i];
        index_add_chunk(x, c->offset, c->line, other->strings + c->text);
        const size_t bytes = row_bytes(x);
        memcpy((char *)x->row + (size_t)(x->head.chunks - 1) * bytes, (char *)other->row + (size_t)i * bytes, bytes);
        x->scale[x->head.chunks - 1] = other->scale[i];
    }
}

double index_score(const struct index *x, int64_t chunk, const float *query) {
    const int64_t first = chunk * x->head.width;
    double sum = 0;
    for (int64_t i = 0; i < x->head.width; i++)
        sum += (double)query[i] * (x->head.int8 ? (double)((const int8_t *)x->row)[first + i]
                                                : (double)((const float *)x->row)[first + i]);
    return sum * (double)x->scale[chunk];
}
