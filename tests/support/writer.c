/* SPDX-License-Identifier: MIT */
#include "support/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t size_of(const char *dtype) {
    if (strchr(dtype, '8')) return 1;
    return !strcmp(dtype, "F32") || !strcmp(dtype, "I32") ? 4 : 2;
}

static void *grown(void *memory, size_t bytes) {
    void *more = realloc(memory, bytes);
    if (!more) abort();
    return more;
}

float rounded_to(const char *dtype, float value) {
    int exponent, bits = !strcmp(dtype, "F16") ? 11 : !strcmp(dtype, "BF16") ? 8 : 24;
    if (value == 0) return 0;
    frexpf(value, &exponent);
    float unit = ldexpf(1, exponent - bits), near = rintf(value / unit) * unit;
    return !strcmp(dtype, "F16") && fabsf(near) < 0x1p-14f ? 0 : near;
}

/* Little-endian bytes of a value that the type holds. */
static void put_value(unsigned char *to, const char *dtype, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (!strcmp(dtype, "I32")) bits = 0;
    if (strchr(dtype, '8')) bits = (uint32_t)value;
    if (!strcmp(dtype, "BF16")) bits >>= 16;
    if (!strcmp(dtype, "F16") && value != 0)
        bits = (bits >> 16 & 0x8000u) | ((bits >> 23 & 0xffu) - 112) << 10 | (bits >> 13 & 0x3ffu);
    for (size_t i = 0; i < size_of(dtype); i++) to[i] = (unsigned char)(bits >> 8 * i);
}

void writer_add(struct writer *w, const char *name, const char *dtype, int axes, const int64_t *size,
                const float *values) {
    char shape[200] = "", entry[500];
    size_t count = 1;
    for (int i = 0, at = 0; i < axes; i++) {
        at += snprintf(shape + at, sizeof shape - (size_t)at, "%s%lld", i ? "," : "", (long long)size[i]);
        count *= (size_t)size[i];
    }
    size_t bytes = count * size_of(dtype);
    int n = snprintf(entry, sizeof entry, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                     w->header_bytes ? "," : "{", name, dtype, shape, w->data_bytes, w->data_bytes + bytes);
    w->header = grown(w->header, w->header_bytes + (size_t)n + 2);
    memcpy(w->header + w->header_bytes, entry, (size_t)n);
    w->header_bytes += (size_t)n;
    w->data = grown(w->data, w->data_bytes + bytes + 1);
    for (size_t i = 0; i < count; i++) put_value(w->data + w->data_bytes + i * size_of(dtype), dtype, values[i]);
    w->data_bytes += bytes;
}

unsigned char *file_with_header(const char *header, size_t data_bytes, size_t *bytes) {
    size_t length = strlen(header);
    unsigned char *file = calloc(8 + length + data_bytes + 1, 1);
    if (!file) abort();
    for (int i = 0; i < 8; i++) file[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(file + 8, header, length + 1);
    *bytes = 8 + length + data_bytes;
    return file;
}

unsigned char *writer_finish(struct writer *w, size_t *bytes) {
    w->header[w->header_bytes++] = '}';
    w->header[w->header_bytes] = 0;
    unsigned char *file = file_with_header(w->header, w->data_bytes, bytes);
    memcpy(file + *bytes - w->data_bytes, w->data, w->data_bytes);
    free(w->header);
    free(w->data);
    *w = (struct writer){0};
    return file;
}
