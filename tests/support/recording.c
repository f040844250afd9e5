/* SPDX-License-Identifier: MIT */
#include "support/recording.h"

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

float *recording_read(const char *path, int64_t *count) {
    size_t size, at = 12;
    uint32_t bytes = 0;
    char *file = file_bytes(path, &size);
    for (; at + 8 <= size && memcmp(file + at, "data", 4) != 0; at += 8 + bytes) memcpy(&bytes, file + at + 4, 4);
    cr_assert(at + 8 <= size, "%s has no samples", path);
    memcpy(&bytes, file + at + 4, 4);
    cr_assert(at + 8 + bytes <= size, "%s is cut off", path);
    *count = bytes / 2;
    float *samples = calloc((size_t)*count, sizeof *samples);
    for (int64_t i = 0; i < *count; i++) {
        int16_t sample;
        memcpy(&sample, file + at + 8 + 2 * i, 2);
        samples[i] = (float)sample / 32768;
    }
    free(file);
    return samples;
}

double *recording_tensor(const char *path, const char *name, int64_t count) {
    size_t size;
    uint64_t header;
    char *file = file_bytes(path, &size);
    memcpy(&header, file, 8);
    json_t *json = json_loadb(file + 8, header, 0, NULL), *tensor = json_object_get(json, name);
    cr_assert_not_null(tensor, "%s has no %s", path, name);
    const int is_double = !strcmp(json_string_value(json_object_get(tensor, "dtype")), "F64");
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const char *data = file + 8 + header + json_integer_value(json_array_get(offsets, 0));
    cr_assert_eq(json_integer_value(json_array_get(offsets, 1)) - json_integer_value(json_array_get(offsets, 0)),
                 count * (is_double ? 8 : 4));
    double *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++) {
        float narrow = 0;
        memcpy(is_double ? (void *)&values[i] : (void *)&narrow, data + i * (is_double ? 8 : 4), is_double ? 8 : 4);
        if (!is_double) values[i] = (double)narrow;
    }
    json_decref(json);
    free(file);
    return values;
}
