/* SPDX-License-Identifier: MIT */
#include "support/recording.h"

#include "base/little_endian.h"
#include "support/folder.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *shared_path(const char *name) {
    static char path[1000];
    const char *given = getenv("SELFATTN_SHARED");
    snprintf(path, sizeof path, "%s/%s", given && *given ? given : SELFATTN_SOURCE_DIR "/../shared", name);
    if (!access(path, R_OK)) return path;
    fprintf(stderr, "SKIPPED: there is no %s\n", path);
    cr_skip_test("there is no %s", path);
    return NULL;
}

static uint64_t number_at(const char *bytes, int count) {
    return load_little((const unsigned char *)bytes, count);
}

float *recording_read(const char *path, int64_t *count) {
    size_t size, at = 12;
    char *file = file_bytes(path, &size);
    while (at + 8 <= size && memcmp(file + at, "data", 4) != 0) at += 8 + (size_t)number_at(file + at + 4, 4);
    cr_assert(at + 8 <= size, "%s has no samples", path);
    const size_t bytes = (size_t)number_at(file + at + 4, 4);
    cr_assert(at + 8 + bytes <= size, "%s is cut off", path);
    *count = (int64_t)bytes / 2;
    float *samples = calloc((size_t)*count, sizeof *samples);
    for (int64_t i = 0; i < *count; i++) samples[i] = (float)(int16_t)number_at(file + at + 8 + 2 * i, 2) / 32768;
    free(file);
    return samples;
}

static double double_at(const char *bytes) {
    const uint64_t bits = number_at(bytes, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double float_at(const char *bytes) {
    const uint32_t bits = (uint32_t)number_at(bytes, 4);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

double *recording_tensor(const char *path, const char *name, int64_t count) {
    size_t size;
    char *file = file_bytes(path, &size);
    const size_t header = (size_t)number_at(file, 8);
    json_t *json = json_loadb(file + 8, header, 0, NULL), *tensor = json_object_get(json, name);
    cr_assert_not_null(tensor, "%s has no %s", path, name);
    const int is_double = !strcmp(json_string_value(json_object_get(tensor, "dtype")), "F64");
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const char *data = file + 8 + header + json_integer_value(json_array_get(offsets, 0));
    cr_assert_eq(json_integer_value(json_array_get(offsets, 1)) - json_integer_value(json_array_get(offsets, 0)),
                 count * (is_double ? 8 : 4));
    double *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = is_double ? double_at(data + i * 8) : float_at(data + i * 4);
    json_decref(json);
    free(file);
    return values;
}
