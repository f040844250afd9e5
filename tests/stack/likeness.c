/* How models of texts and images compare the two: numbers of the file, and how texts are padded.
 * SPDX-License-Identifier: MIT */
#include "file/tensors.h"
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/reference.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of a file; axes -1: it lacks the tensor. */
struct numbers {
    int32_t scale_axes, bias_axes;
    float scale, bias;
};

static void add_file(struct writer *w, const char *model, const char *prefix) {
    char path[400], name[200];
    snprintf(path, sizeof path, "%s/model.safetensors", architecture_path(model));
    struct reference file = reference_open(path);
    for (int64_t i = 0; i < file.file->count; i++) {
        const struct tensor *t = &file.file->tensors[i];
        float *values = reference_tensor(&file, t->name, t->elements);
        snprintf(name, sizeof name, "%s%s", prefix, t->name);
        writer_add(w, name, "F32", t->axes, t->size, values);
        free(values);
    }
    reference_close(&file);
}

/* config.json of a part, which may be read as another type. */
static json_t *config_of(const char *model, const char *model_type) {
    char path[400];
    snprintf(path, sizeof path, "%s/config.json", architecture_path(model));
    json_t *config = json_of(path);
    json_object_set_new(config, "model_type", json_string(model_type));
    json_object_set_new(config, "hidden_act", json_string("gelu_pytorch_tanh"));
    return config;
}

static struct folder make(const char *type, const struct numbers *n) {
    static const int64_t one[] = {1};
    const int is_clip = !strcmp(type, "clip");
    struct folder folder = folder_make();
    struct writer w = {0};
    size_t bytes;
    add_file(&w, "clip_text", "text_model.");
    add_file(&w, is_clip ? "clip_vision" : "siglip_vision", "vision_model.");
    if (n->scale_axes >= 0) writer_add(&w, "logit_scale", "F32", n->scale_axes, one, &n->scale);
    if (n->bias_axes >= 0) writer_add(&w, "logit_bias", "F32", n->bias_axes, one, &n->bias);
    unsigned char *file = writer_finish(&w, &bytes);
    folder_write(&folder, "model.safetensors", file, bytes);
    free(file);
    json_t *config = json_pack(
        "{ss so so}", "model_type", type, "text_config",
        config_of("clip_text", is_clip ? "clip_text_model" : "siglip_text_model"), "vision_config",
        config_of(is_clip ? "clip_vision" : "siglip_vision", is_clip ? "clip_vision_model" : "siglip_vision_model"));
    char *text = json_dumps(config, 0);
    folder_write_text(&folder, "config.json", text);
    json_decref(config);
    free(text);
    return folder;
}

static sa_status open_part(sa_ctx *ctx, const struct folder *folder, const char *part, sa_model **model) {
    const sa_model_options options = {.struct_size = sizeof options, .part = part};
    return sa_model_open_with(ctx, folder->path, &options, model);
}

static void expect_numbers(sa_ctx *ctx, const char *type, const struct numbers *n, int32_t kind, double scale,
                           double bias) {
    static const char *const parts[] = {"text", "vision"};
    struct folder folder = make(type, n);
    for (int i = 0; i < 2; i++) {
        sa_model *model;
        double got_scale = -1, got_bias = -1;
        cr_assert_eq(open_part(ctx, &folder, parts[i], &model), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(sa_model_likeness(model, &got_scale, &got_bias), kind);
        cr_expect(fabs(got_scale - scale) <= 1e-6 * scale, "%g, want %g", got_scale, scale);
        cr_expect_eq(got_bias, bias);
        cr_expect_eq(sa_model_likeness(model, NULL, NULL), kind);
        if (i) cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED), 1);
        cr_expect_eq(sa_model_get(model, SA_MODEL_PADDED_TOKENS),
                     strcmp(type, "siglip") || i ? 0 : sa_model_get(model, SA_MODEL_MAX_POSITIONS));
        sa_model_destroy(&model);
    }
    folder_remove(&folder);
}

Test(likeness, is_what_the_file_says) {
    sa_ctx *ctx = ctx_open(NULL);
    double scale = 1, bias = 1;
    expect_numbers(ctx, "clip", &(struct numbers){0, -1, 2.5f, 0}, SA_LIKENESS_SOFTMAX, exp(2.5), 0);
    expect_numbers(ctx, "siglip", &(struct numbers){1, 1, 4.75f, -12.5f}, SA_LIKENESS_SIGMOID, exp(4.75), -12.5);
    expect_numbers(ctx, "clip", &(struct numbers){-1, -1, 0, 0}, SA_LIKENESS_NONE, 0, 0);
    expect_numbers(ctx, "siglip", &(struct numbers){-1, -1, 0, 0}, SA_LIKENESS_NONE, 0, 0);
    cr_expect_eq(sa_model_likeness(NULL, &scale, &bias), SA_LIKENESS_NONE);
    cr_expect(scale == 0 && bias == 0);
    sa_ctx_destroy(&ctx);
}

static void expect_refused(sa_ctx *ctx, const char *type, struct numbers n, sa_status status, const char *sentence) {
    struct folder folder = make(type, &n);
    sa_model *model;
    cr_expect_eq(open_part(ctx, &folder, "vision", &model), status, "%s", sa_ctx_last_error(ctx));
    cr_expect_null(model);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence), "%s, want %s", sa_ctx_last_error(ctx), sentence);
    folder_remove(&folder);
}

Test(likeness, of_a_file_that_is_no_use_is_refused) {
    sa_ctx *ctx = ctx_open(NULL);
    expect_refused(ctx, "siglip", (struct numbers){1, -1, 4, 0}, SA_ERR_FORMAT, "tensor \"logit_bias\" is missing");
    expect_refused(ctx, "siglip", (struct numbers){-1, 1, 0, 4}, SA_ERR_UNSUPPORTED, "no role in the model: \"logit_b");
    expect_refused(ctx, "clip", (struct numbers){0, -1, 1000, 0}, SA_ERR_FORMAT, "with the scale exp(1000)");
    expect_refused(ctx, "clip", (struct numbers){0, -1, NAN, 0}, SA_ERR_FORMAT, "with the scale exp(");
    expect_refused(ctx, "siglip", (struct numbers){1, 1, 1, INFINITY}, SA_ERR_FORMAT, "and the bias inf");
    expect_refused(ctx, "clip", (struct numbers){0, 0, 1, 1}, SA_ERR_UNSUPPORTED,
                   "no role in the model: \"logit_bias\"");
    sa_ctx_destroy(&ctx);
}
