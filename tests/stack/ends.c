/* SPDX-License-Identifier: MIT */
#include "ends.h"

#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

static char *model_path(const char *model, const char *file) {
    static char path[400];
    snprintf(path, sizeof path, "%s/tests/data/architectures/%s/%s", SELFATTN_SOURCE_DIR, model, file);
    return path;
}

static json_t *header_of(const char *bytes, uint64_t *header) {
    memcpy(header, bytes, 8);
    json_t *object = json_loadb(bytes + 8, (size_t)*header, 0, NULL);
    cr_assert_not_null(object);
    return object;
}

/* Copies the model into the folder with the tensors behind its own. `change` NULL, or members for config.json. */
void ends_copy(const struct folder *folder, const char *model, const char *change, const struct added *added,
               uint64_t seed) {
    size_t bytes, more = 0;
    uint64_t header_bytes;
    struct rng rng = {seed};
    char *file = file_bytes(model_path(model, "model.safetensors"), &bytes);
    json_t *header = header_of(file, &header_bytes);
    const size_t data_bytes = bytes - 8 - (size_t)header_bytes;
    float *values = calloc(MOST * E * E, sizeof *values);
    for (; added->name; added++) {
        const int64_t count = added->rows * (added->columns ? added->columns : 1);
        for (int64_t i = 0; i < count; i++) values[more + (size_t)i] = (float)(0.4 * (double)rng_normal(&rng));
        const size_t first = data_bytes + 4 * more, end = first + 4 * (size_t)count;
        json_t *shape = json_pack("[I]", (json_int_t)added->rows);
        if (added->columns) json_array_append_new(shape, json_integer(added->columns));
        json_object_set_new(header, added->name,
                            json_pack("{ss so s[II]}", "dtype", "F32", "shape", shape, "data_offsets",
                                      (json_int_t)first, (json_int_t)end));
        more += (size_t)count;
    }
    char *text = json_dumps(header, 0);
    const uint64_t text_bytes = strlen(text);
    char *all = malloc(8 + (size_t)text_bytes + data_bytes + 4 * more);
    memcpy(all, &text_bytes, 8);
    memcpy(all + 8, text, (size_t)text_bytes);
    memcpy(all + 8 + text_bytes, file + 8 + header_bytes, data_bytes);
    memcpy(all + 8 + text_bytes + data_bytes, values, 4 * more);
    folder_write(folder, "model.safetensors", all, 8 + (size_t)text_bytes + data_bytes + 4 * more);
    json_t *config = json_load_file(model_path(model, "config.json"), 0, NULL);
    json_t *changes = change ? json_loads(change, 0, NULL) : json_object();
    json_object_update(config, changes);
    char *config_text = json_dumps(config, 0);
    folder_write_text(folder, "config.json", config_text);
    free(config_text), free(all), free(text), free(values), free(file);
    json_decref(changes), json_decref(config), json_decref(header);
}

/* A tensor of the folder's file. */
struct numbers ends_tensor(const struct folder *folder, const char *name) {
    struct numbers n = {{0}};
    size_t bytes;
    uint64_t header_bytes;
    char *file = file_bytes(folder_path(folder, "model.safetensors"), &bytes);
    json_t *header = header_of(file, &header_bytes);
    const json_t *offsets = json_object_get(json_object_get(header, name), "data_offsets");
    cr_assert_not_null(offsets, "%s", name);
    const size_t first = (size_t)json_integer_value(json_array_get(offsets, 0)),
                 end = (size_t)json_integer_value(json_array_get(offsets, 1));
    for (size_t i = 0; i < (end - first) / 4; i++) {
        float value;
        memcpy(&value, file + 8 + header_bytes + first + 4 * i, 4);
        n.value[i] = (double)value;
    }
    json_decref(header);
    free(file);
    return n;
}

void ends_apply(const struct folder *folder, const char *weight, const char *bias, int rows, const double *x,
                double *y) {
    ends_apply_wide(folder, weight, bias, rows, E, x, y);
}

void ends_apply_wide(const struct folder *folder, const char *weight, const char *bias, int rows, int columns,
                     const double *x, double *y) {
    const struct numbers w = ends_tensor(folder, weight);
    struct numbers b = {{0}};
    double result[MOST_ROWS] = {0};
    if (bias) b = ends_tensor(folder, bias);
    for (int r = 0; r < rows; r++) {
        result[r] = b.value[r];
        for (int i = 0; i < columns; i++) result[r] += w.value[r * columns + i] * x[i];
    }
    memcpy(y, result, (size_t)rows * sizeof *y);
}

void ends_norm(const struct folder *folder, const char *weight, const char *bias, double epsilon, double *x) {
    const struct numbers w = ends_tensor(folder, weight);
    struct numbers b = {{0}};
    if (bias) b = ends_tensor(folder, bias);
    double mean = 0, square = 0;
    for (int i = 0; i < E; i++) mean += x[i] / E;
    for (int i = 0; i < E; i++) square += (x[i] - mean) * (x[i] - mean) / E;
    for (int i = 0; i < E; i++) x[i] = (x[i] - mean) / sqrt(square + epsilon) * w.value[i] + b.value[i];
}

double ends_gelu(double x) {
    return x * 0.5 * (1 + erf(x / sqrt(2)));
}

void ends_activate(double (*f)(double), double *x) {
    for (int i = 0; i < E; i++) x[i] = f(x[i]);
}

const int32_t ends_ids[B][T] = {{1, 5, 30, 7, 4, 2, 9, 2, 3}, {8, 3, 29, 2, 2, 11, 12, 13, 14}};
const int64_t ends_lengths[B] = {9, 6};

struct outputs ends_run(sa_ctx *ctx, const struct folder *folder, int is_image, int is_pooled) {
    static struct outputs out;
    float pixels[B * 3 * 8 * 8];
    struct rng rng = {7};
    sa_model *model;
    for (int i = 0; i < B * 3 * 8 * 8; i++) pixels[i] = (float)rng_normal(&rng);
    cr_assert_eq(sa_model_open(ctx, folder->path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED), is_pooled);
    memset(&out, 0, sizeof out);
    out.tokens = is_image ? sa_model_get(model, SA_MODEL_FEATURE_TOKENS) : T;
    float *hidden = calloc(B * T * E, sizeof *hidden);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .tokens = is_image ? 0 : T,
                                 .ids = is_image ? NULL : ends_ids[0],
                                 .lengths = is_image ? NULL : ends_lengths,
                                 .features = is_image ? pixels : NULL,
                                 .hidden = hidden,
                                 .pooled = is_pooled ? out.pooled[0] : NULL,
                                 .embedding = out.embedding[0],
                                 .logits = sa_model_get(model, SA_MODEL_OUTPUTS) ? out.logits : NULL};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < B; b++)
        memcpy(out.hidden[b], hidden + b * out.tokens * E, (size_t)(out.tokens * E) * sizeof *hidden);
    free(hidden);
    sa_model_destroy(&model);
    return out;
}

void ends_take(const float *row, double *x) {
    for (int i = 0; i < E; i++) x[i] = (double)row[i];
}

void ends_expect(const float *got, const double *want, int count, const char *what) {
    for (int i = 0; i < count; i++)
        cr_expect(fabs((double)got[i] - want[i]) < 1e-5 * (1 + fabs(want[i])), "%s: number %d is %.7f, want %.7f", what,
                  i, (double)got[i], want[i]);
}

/* W x, scaled to length 1; without a projection x. */
void ends_expect_embedding(const struct folder *folder, const char *weight, const float *got, const double *x,
                           const char *what) {
    double y[E], square = 0;
    const int width = weight ? WIDTH : E;
    if (weight)
        ends_apply(folder, weight, NULL, WIDTH, x, y);
    else
        memcpy(y, x, sizeof y);
    for (int i = 0; i < width; i++) square += y[i] * y[i];
    for (int i = 0; i < width; i++) y[i] /= sqrt(square);
    ends_expect(got, y, width, what);
}

void ends_expect_refused(sa_ctx *ctx, const char *model, const char *change, const struct added *added,
                         const char *sentence) {
    struct folder folder = folder_make();
    sa_model *opened;
    ends_copy(&folder, model, change, added, 1);
    cr_expect_neq(sa_model_open(ctx, folder.path, &opened), SA_OK, "%s", sentence);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence) != NULL, "%s, want %s", sa_ctx_last_error(ctx), sentence);
    cr_expect_null(opened);
    folder_remove(&folder);
}
