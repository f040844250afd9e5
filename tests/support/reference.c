/* SPDX-License-Identifier: MIT */
#include "support/reference.h"

#include "file/tensors.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *data_path(const char *name) {
    static char path[1000];
    snprintf(path, sizeof path, "%s/tests/data/%s", SELFATTN_SOURCE_DIR, name);
    return path;
}

const char *architecture_path(const char *model) {
    static char path[1000];
    snprintf(path, sizeof path, "%s/tests/data/architectures/%s", SELFATTN_SOURCE_DIR, model);
    return path;
}

char *architecture_bytes(const char *model, const char *file, size_t *size) {
    char path[100];
    snprintf(path, sizeof path, "architectures/%s/%s", model, file);
    return file_bytes(data_path(path), size);
}

void architecture_copy(const char *model, const char *file, const struct folder *folder) {
    size_t size;
    char *bytes = architecture_bytes(model, file, &size);
    folder_write(folder, file, bytes, size);
    free(bytes);
}

void architecture_take(const char *model, const struct folder *folder) {
    architecture_copy(model, "config.json", folder);
    architecture_copy(model, "model.safetensors", folder);
}

const char *model_folder(const char *variable, const char *name, const char *file) {
    static char path[1000];
    char wanted[1100];
    const char *given = getenv(variable), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given && *given)
        snprintf(path, sizeof path, "%s", given);
    else if (cache && *cache)
        snprintf(path, sizeof path, "%s/selfattn/%s", cache, name);
    else
        snprintf(path, sizeof path, "%s/.cache/selfattn/%s", home ? home : "", name);
    snprintf(wanted, sizeof wanted, "%s/%s", path, file);
    if (!access(wanted, R_OK)) return path;
    fprintf(stderr, "SKIPPED %s: %s is not in %s\n", name, file, path); /* Criterion does not say so */
    cr_skip_test("%s is not in %s", file, path);
    return NULL;
}

json_t *json_of(const char *path) {
    size_t size;
    json_error_t error;
    char *text = file_bytes(path, &size);
    json_t *json = json_loadb(text, size, JSON_ALLOW_NUL, &error);
    cr_assert_not_null(json, "%s: line %d: %s", path, error.line, error.text);
    free(text);
    return json;
}

/* "2 41 3", in a static buffer: for messages. */
static const char *ids_text(const int32_t *ids, int64_t count) {
    static char text[1000];
    size_t at = 0;
    for (int64_t i = 0; i < count && at + 20 < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%d ", (int)ids[i]);
    return text;
}

static void expect_decoded(sa_ctx *ctx, const sa_tokenizer *tokenizer, const json_t *wanted, const int32_t *ids,
                           int64_t count, const char *what) {
    static char text[10000];
    int64_t bytes;
    if (!wanted) return;
    cr_assert_eq(sa_tokenizer_decode(ctx, tokenizer, ids, count, text, sizeof text, &bytes), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_expect(bytes == (int64_t)json_string_length(wanted) && !memcmp(text, json_string_value(wanted), (size_t)bytes),
              "%s, %s: \"%.*s\", must be \"%s\"", what, ids_text(ids, count), (int)bytes, text,
              json_string_value(wanted));
}

static void expect_case(sa_ctx *ctx, const sa_tokenizer *tokenizer, const json_t *json, const char *what) {
    const json_t *text = json_object_get(json, "text"), *wanted = json_object_get(json, "ids");
    int32_t ids[1000];
    int64_t count, differ = 0;
    cr_assert_eq(sa_tokenizer_encode(ctx, tokenizer, json_string_value(text), (int64_t)json_string_length(text), ids,
                                     1000, &count),
                 SA_OK, "%s", sa_ctx_last_error(ctx));
    char *shown = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    for (int64_t i = 0; i < count; i++) differ += json_integer_value(json_array_get(wanted, (size_t)i)) != ids[i];
    cr_expect(differ == 0 && count == (int64_t)json_array_size(wanted), "%s, %s: %s", what, shown,
              ids_text(ids, count));
    expect_decoded(ctx, tokenizer, json_object_get(json, "decoded"), ids, count, what);
    free(shown);
}

size_t expect_ids(sa_ctx *ctx, const sa_tokenizer *tokenizer, const json_t *cases, const char *what) {
    for (size_t i = 0; i < json_array_size(cases); i++) expect_case(ctx, tokenizer, json_array_get(cases, i), what);
    return json_array_size(cases);
}

sa_tokenizer *open_variant(sa_ctx *ctx, const char *path, const json_t *changes) {
    json_t *root = json_of(path), *change;
    const char *section;
    struct folder folder = folder_make();
    sa_tokenizer *t = NULL;
    json_object_foreach((json_t *)changes, section, change) {
        if (json_object_get(change, "type"))
            json_object_set(root, section, change);
        else
            json_object_update(json_object_get(root, section), change);
    }
    cr_assert_eq(json_dump_file(root, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    json_decref(root);
    return t;
}

struct reference reference_open(const char *path) {
    struct reference r = {calloc(1, sizeof *r.file)};
    struct report report = {""};
    cr_assert_eq(safetensors_open(&default_allocator, &report, path, 0, r.file), SA_OK, "%s", report.text);
    return r;
}

void reference_close(struct reference *r) {
    tensors_close(r->file);
    free(r->file);
}

float *reference_tensor(const struct reference *r, const char *name, int64_t count) {
    const struct tensor *t = tensors_find(r->file, name);
    float *values = malloc((size_t)count * sizeof *values);
    cr_assert(t && t->elements == count, "%s", name);
    tensor_floats(t, 0, count, values);
    return values;
}

double largest_difference(const float *got, const float *want, int64_t count) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)got[i] - (double)want[i]);
        if (!(off <= largest)) largest = isnan(off) ? INFINITY : off;
    }
    return largest;
}
