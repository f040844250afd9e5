/* SPDX-License-Identifier: MIT */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t dtype_size(const char *dtype) {
    static const struct {
        const char *name;
        size_t size;
    } known[] = {{"float32", 4}, {"bool", 1},     {"int64", 8},  {"int32", 4},
                 {"float16", 2}, {"bfloat16", 2}, {"float64", 8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(dtype, known[i].name)) return known[i].size;
    return 0;
}

static int copy_text(char *to, size_t room, const json_t *text) {
    const char *from = json_string_value(text);
    if (!from || strlen(from) >= room) return 0;
    strcpy(to, from);
    return 1;
}

static int read_shape(struct value *v, const json_t *shape) {
    v->rank = (int)json_array_size(shape);
    v->elements = 1;
    if (!json_is_array(shape) || v->rank > CASE_RANK) return 0;
    for (int i = 0; i < v->rank; i++) {
        v->shape[i] = json_integer_value(json_array_get(shape, (size_t)i));
        if (v->shape[i] < 0 || __builtin_mul_overflow(v->elements, v->shape[i], &v->elements)) return 0;
    }
    return v->elements <= INT32_MAX;
}

/* The file has to be exactly as long as the shape says. */
static int read_data(struct value *v, const char *folder, const char *file) {
    char path[4096];
    size_t bytes = (size_t)v->elements * dtype_size(v->dtype);
    if (!dtype_size(v->dtype)) return 1;
    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path) return 0;
    FILE *stream = fopen(path, "rb");
    if (!stream) return 0;
    v->data = malloc(bytes + 1);
    int whole = v->data && fread(v->data, 1, bytes + 1, stream) == bytes;
    fclose(stream);
    return whole;
}

static int read_values(struct test_case *c, const char *list, struct value *values, int *count, const char *folder,
                       char why[CASE_TEXT]) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(c->meta, list), i, entry) {
        if (!json_is_true(json_object_get(entry, "present"))) continue;
        const char *file = json_string_value(json_object_get(entry, "file"));
        struct value *v = &values[*count];
        int good = file && *count < CASE_VALUES &&
                   copy_text(v->formal, sizeof v->formal, json_object_get(entry, "formal")) &&
                   copy_text(v->dtype, sizeof v->dtype, json_object_get(entry, "dtype")) &&
                   read_shape(v, json_object_get(entry, "shape"));
        *count += good;
        if (good && read_data(v, folder, file)) continue;
        snprintf(why, CASE_TEXT, "%s %zu (%s) cannot be read", list, i, file ? file : "no file");
        return 0;
    }
    return 1;
}

static double number_or(const json_t *number, double fallback) {
    return json_is_number(number) ? json_number_value(number) : fallback;
}

/* A case's own tolerances, or those of its formats. */
static void take_tolerances(struct test_case *c) {
    const json_t *rtol = json_object_get(c->meta, "rtol"), *atol = json_object_get(c->meta, "atol");
    c->own = json_is_number(rtol) || json_is_number(atol);
    c->rtol = number_or(rtol, CASE_RTOL);
    c->atol = number_or(atol, CASE_ATOL);
    for (int i = 0; i < c->outputs; i++) case_rounds(c, c->output[i].dtype);
}

int case_load(struct test_case *c, const char *folder, char why[CASE_TEXT]) {
    char path[4096];
    json_error_t error = {.text = "the path is too long"};
    *c = (struct test_case){0};
    if (snprintf(path, sizeof path, "%s/meta.json", folder) < (int)sizeof path)
        c->meta = json_load_file(path, 0, &error);
    if (!c->meta || !copy_text(c->op, sizeof c->op, json_object_get(c->meta, "op"))) {
        snprintf(why, CASE_TEXT, "meta.json: %s", c->meta ? "no \"op\"" : error.text);
        return 0;
    }
    const char *poison = json_string_value(json_object_get(c->meta, "poison"));
    c->poisoned = poison && *poison;
    int whole = read_values(c, "inputs", c->input, &c->inputs, folder, why) &&
                read_values(c, "outputs", c->output, &c->outputs, folder, why);
    take_tolerances(c);
    return whole;
}

void case_free(struct test_case *c) {
    for (int i = 0; i < CASE_VALUES; i++) {
        free(c->input[i].data);
        free(c->output[i].data);
    }
    json_decref(c->meta);
}

static const struct value *find(const struct value *values, int count, const char *formal) {
    for (int i = 0; i < count; i++)
        if (!strcmp(values[i].formal, formal)) return &values[i];
    return NULL;
}

const struct value *case_input(const struct test_case *c, const char *formal) {
    return find(c->input, c->inputs, formal);
}

const struct value *case_output(const struct test_case *c, const char *formal) {
    return find(c->output, c->outputs, formal);
}

double case_number(const struct test_case *c, const char *attribute, double fallback) {
    return number_or(json_object_get(json_object_get(c->meta, "attributes"), attribute), fallback);
}

const char *case_text(const struct test_case *c, const char *attribute, const char *fallback) {
    const char *text = json_string_value(json_object_get(json_object_get(c->meta, "attributes"), attribute));
    return text ? text : fallback;
}

static int listed(const char *name, const char *const *list) {
    while (*list && strcmp(*list, name)) list++;
    return *list != NULL;
}

const char *case_unknown(const struct test_case *c, const char *const *attributes, const char *const *values) {
    const char *name;
    json_t *attribute;
    json_object_foreach(json_object_get(c->meta, "attributes"), name,
                        attribute) if (!listed(name, attributes)) return name;
    for (int i = 0; i < c->inputs; i++)
        if (!listed(c->input[i].formal, values)) return c->input[i].formal;
    for (int i = 0; i < c->outputs; i++)
        if (!listed(c->output[i].formal, values)) return c->output[i].formal;
    return NULL;
}

const struct value *case_other_dtype(const struct test_case *c, const char *const *dtypes) {
    for (int i = 0; i < c->inputs; i++)
        if (!listed(c->input[i].dtype, dtypes)) return &c->input[i];
    for (int i = 0; i < c->outputs; i++)
        if (!listed(c->output[i].dtype, dtypes)) return &c->output[i];
    return NULL;
}

void case_rounds(struct test_case *c, const char *dtype) {
    double rounding = !strcmp(dtype, "float16") ? 0x1p-11 : !strcmp(dtype, "bfloat16") ? 0x1p-8 : 0;
    if (!c->own && rounding > c->rounding) c->rounding = rounding;
}

int32_t value_dtype(const struct value *v) {
    if (!strcmp(v->dtype, "float32")) return SA_F32;
    if (!strcmp(v->dtype, "bfloat16")) return SA_BF16;
    return strcmp(v->dtype, "float16") ? -1 : SA_F16;
}

int value_heads(sa_tensor *t, const struct value *v, int64_t heads) {
    if (!v || value_dtype(v) < 0 || (v->rank != 3 && v->rank != 4)) return 0;
    if (v->rank == 3 && (heads < 1 || v->shape[2] % heads)) return 0;
    if (v->rank == 4)
        sa_tensor_set(t, v->data, value_dtype(v), SA_BHSD, v->shape[0], v->shape[1], v->shape[2], v->shape[3]);
    else
        sa_tensor_set(t, v->data, value_dtype(v), SA_BSHD, v->shape[0], heads, v->shape[1], v->shape[2] / heads);
    return 1;
}
