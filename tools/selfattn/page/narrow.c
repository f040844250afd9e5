/* SPDX-License-Identifier: MIT */
#include "page/narrow.h"

#include "exit.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, FLOAT = 4, HALF = 2 }; /* bytes: of the header's length in front of it, and of numbers */

static uint64_t little_endian(const unsigned char *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* The nearest half float, of two the even one, of the bits of a float. */
static uint32_t half_of(uint32_t bits, const char *tensor) {
    enum { TOO_LARGE = 0x477ff000, NORMAL = 0x38800000, EXPONENTS = (127 - 15) << 23 };
    const uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size >= TOO_LARGE)
        failure("%s has a number that is not finite, or larger than 65504: f16 has no place", tensor);
    if (size >= NORMAL) return sign | (size - EXPONENTS + 0xfff + (size >> 13 & 1)) >> 13;
    float small;
    memcpy(&small, &size, sizeof small);
    return sign | (uint32_t)lrintf(small * 0x1p24f);
}

struct safetensors {
    json_t *header;
    const unsigned char *data; /* old */
    unsigned char *made;       /* new, `count` bytes */
    size_t count;
};

/* Writes a tensor behind those that are there, and where it is into the header. */
static void put(struct safetensors *s, const char *name, json_t *tensor, int is_narrowed) {
    json_t *offsets = json_object_get(tensor, "data_offsets");
    const size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0)), first = s->count,
                 bytes = (size_t)json_integer_value(json_array_get(offsets, 1)) - begin;
    const unsigned char *from = s->data + begin;
    unsigned char *to = s->made + s->count;
    if (is_narrowed) {
        for (size_t i = 0; i < bytes / FLOAT; i++) {
            const uint32_t half = half_of((uint32_t)little_endian(from + FLOAT * i, FLOAT), name);
            to[HALF * i] = (unsigned char)half, to[HALF * i + 1] = (unsigned char)(half >> 8);
        }
        json_object_set_new(tensor, "dtype", json_string("F16"));
    } else
        memcpy(to, from, bytes);
    s->count += is_narrowed ? bytes / FLOAT * HALF : bytes;
    json_object_set_new(tensor, "data_offsets", json_pack("[II]", (json_int_t)first, (json_int_t)s->count));
}

/* Those that stay come first: so floats keep their alignment. */
static void put_all(struct safetensors *s) {
    for (int is_narrowed = 0; is_narrowed < 2; is_narrowed++) {
        const char *name;
        json_t *tensor;
        json_object_foreach(s->header, name, tensor) {
            const char *type = json_string_value(json_object_get(tensor, "dtype"));
            const int narrows = type && !strcmp(type, "F32") && json_array_size(json_object_get(tensor, "shape")) > 1;
            if (type && narrows == is_narrowed) put(s, name, tensor, is_narrowed);
        }
    }
}

void narrow(struct page_part *part) {
    const size_t length = (size_t)little_endian(part->bytes, LENGTH);
    struct safetensors s = {.header = json_loadb((const char *)part->bytes + LENGTH, length, 0, NULL),
                            .data = part->bytes + LENGTH + length,
                            .made = allocate(part->count, 1)};
    put_all(&s);
    const size_t used = json_dumpb(s.header, NULL, 0, JSON_COMPACT), padded = (used + LENGTH - 1) / LENGTH * LENGTH;
    unsigned char *bytes = allocate(LENGTH + padded + s.count, 1);
    for (int i = 0; i < LENGTH; i++) bytes[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    memset(bytes + LENGTH, ' ', padded);
    json_dumpb(s.header, (char *)bytes + LENGTH, used, JSON_COMPACT);
    memcpy(bytes + LENGTH + padded, s.made, s.count);
    free((void *)part->bytes);
    part->bytes = bytes, part->count = LENGTH + padded + s.count;
    free(s.made);
    json_decref(s.header);
}
