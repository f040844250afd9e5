/* Files with several models: CLIP's of texts and of images in one gives what the two files give alone.
 * SPDX-License-Identifier: MIT */
#include "file/tensors.h"
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = 16, WIDTH = 5, TOKENS = 6, PIXELS = 3 * 8 * 8 };

/* All tensors of a model's file, with more in front of their names. */
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

static void add_noise(struct writer *w, const char *name, uint64_t seed) {
    float x[WIDTH * E];
    struct rng rng = {seed};
    for (int i = 0; i < WIDTH * E; i++) x[i] = (float)rng_normal(&rng);
    writer_add(w, name, "F32", 2, (const int64_t[]){WIDTH, E}, x);
}

static void write_file(struct writer *w, const struct folder *folder) {
    size_t bytes;
    unsigned char *file = writer_finish(w, &bytes);
    folder_write(folder, "model.safetensors", file, bytes);
    free(file);
}

/* One model alone, with its projection. */
static struct folder alone(const char *model, const char *projection, uint64_t seed) {
    struct folder folder = folder_make();
    struct writer w = {0};
    architecture_copy(model, "config.json", &folder);
    add_file(&w, model, "");
    add_noise(&w, projection, seed);
    write_file(&w, &folder);
    return folder;
}

static json_t *config_of(const char *model) {
    char path[400];
    snprintf(path, sizeof path, "%s/config.json", architecture_path(model));
    return json_of(path);
}

/* Both in one; `change` are members of config.json. */
static struct folder both(const char *change) {
    static const float scale = 4.6f;
    struct folder folder = folder_make();
    struct writer w = {0};
    add_file(&w, "clip_text", "text_model.");
    add_file(&w, "clip_vision", "vision_model.");
    add_noise(&w, "text_projection.weight", 1);
    add_noise(&w, "visual_projection.weight", 2);
    writer_add(&w, "logit_scale", "F32", 0, NULL, &scale);
    write_file(&w, &folder);
    json_t *config = json_pack("{ss si so so}", "model_type", "clip", "projection_dim", WIDTH, "text_config",
                               config_of("clip_text"), "vision_config", config_of("clip_vision"));
    json_t *more = json_loads(change, 0, NULL);
    json_object_update(config, more);
    char *text = json_dumps(config, 0);
    folder_write_text(&folder, "config.json", text);
    json_decref(config), json_decref(more);
    free(text);
    return folder;
}

static sa_status open_part(sa_ctx *ctx, const char *path, const char *part, sa_model **model) {
    const sa_model_options options = {.struct_size = sizeof options, .part = part};
    return sa_model_open_with(ctx, path, &options, model);
}

static void embed(sa_ctx *ctx, const struct folder *folder, const char *part, int is_image, float embedding[WIDTH]) {
    static const int32_t ids[TOKENS] = {1, 5, 30, 7, 4, 2};
    float pixels[PIXELS];
    struct rng rng = {7};
    sa_model *model;
    for (int i = 0; i < PIXELS; i++) pixels[i] = (float)rng_normal(&rng);
    cr_assert_eq(open_part(ctx, folder->path, part, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH), WIDTH);
    cr_expect_str_eq(sa_model_type(model), is_image ? "clip_vision_model" : "clip_text_model");
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = is_image ? 0 : TOKENS,
                                 .ids = is_image ? NULL : ids,
                                 .features = is_image ? pixels : NULL,
                                 .embedding = embedding};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

Test(parts, give_the_bits_of_a_file_of_their_own) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder whole = both("{}"), text = alone("clip_text", "text_projection.weight", 1),
                  vision = alone("clip_vision", "visual_projection.weight", 2);
    float got[WIDTH], want[WIDTH];
    embed(ctx, &whole, "text", 0, got);
    embed(ctx, &text, NULL, 0, want);
    cr_expect(!memcmp(got, want, sizeof got));
    embed(ctx, &whole, "vision", 1, got);
    embed(ctx, &vision, NULL, 1, want);
    cr_expect(!memcmp(got, want, sizeof got));
    folder_remove(&whole), folder_remove(&text), folder_remove(&vision);
    sa_ctx_destroy(&ctx);
}

/* The settings that the first published models have, and later files leave out: the failure says what they became. */
Test(parts, fill_in_what_config_json_leaves_out) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = both("{\"text_config\": {\"hidden_act\": \"quick_gelu\"}, \"vision_config\": null}");
    sa_model *model;
    cr_expect_eq(open_part(ctx, folder.path, "text", &model), SA_ERR_FORMAT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "512"), "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(open_part(ctx, folder.path, "vision", &model), SA_ERR_FORMAT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "768"), "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

static void expect_refused(sa_ctx *ctx, const struct folder *folder, const char *part, sa_status status,
                           const char *sentence) {
    sa_model *model;
    cr_expect_eq(open_part(ctx, folder->path, part, &model), status, "%s", sa_ctx_last_error(ctx));
    cr_expect_null(model);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence), "%s, want %s", sa_ctx_last_error(ctx), sentence);
}

static void expect_config_refused(sa_ctx *ctx, const char *change, sa_status status, const char *sentence) {
    struct folder folder = both(change);
    expect_refused(ctx, &folder, "text", status, sentence);
    folder_remove(&folder);
}

static void expect_description_refused(sa_ctx *ctx, const char *page, sa_status status, const char *sentence) {
    struct folder folder = both("{}");
    folder_write_text(&folder, "architecture.json", page);
    expect_refused(ctx, &folder, "text", status, sentence);
    folder_remove(&folder);
}

Test(parts, are_refused_with_the_names_that_there_are) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder whole = both("{}"), text = alone("clip_text", "text_projection.weight", 1);
    expect_refused(ctx, &whole, NULL, SA_ERR_UNSUPPORTED,
                   "config.json: model_type is \"clip\", which has several models in a file: part has to be one of "
                   "\"text\", \"vision\"");
    expect_refused(ctx, &whole, "sound", SA_ERR_VALUE,
                   "part is \"sound\", but a model of type \"clip\" has \"text\", \"vision\"");
    expect_refused(ctx, &text, "text", SA_ERR_VALUE, "part is \"text\", but config.json describes one model");
    expect_config_refused(ctx, "{\"text_config\": 3}", SA_ERR_FORMAT, "text_config is an integer, must be an object");
    expect_config_refused(ctx, "{\"text_config\": {\"model_type\": \"bert\"}}", SA_ERR_UNSUPPORTED,
                          "text_config.model_type is \"bert\", only \"clip_text_model\" is supported");
    expect_description_refused(ctx, "{\"parts\": {}}", SA_ERR_FORMAT, "parts must be an object");
    expect_description_refused(ctx, "{\"parts\": {\"text\": {\"settings\": \"text_config\", \"model_type\": 3}}}",
                               SA_ERR_FORMAT, "parts.text.model_type");
    expect_description_refused(ctx, "{\"parts\": {\"text\": {\"config\": \"text_config\"}}}", SA_ERR_UNSUPPORTED,
                               "there is no setting parts.text.config");
    expect_description_refused(
        ctx, "{\"parts\": {\"text\": {\"settings\": \"text_config\", \"model_type\": \"clip\"}}}", SA_ERR_UNSUPPORTED,
        "text_config.model_type is \"clip_text_model\", only \"clip\" is supported");
    folder_remove(&whole), folder_remove(&text);
    sa_ctx_destroy(&ctx);
}

/* LLaVA has one part, whose family its settings name. */
Test(parts, one_alone_needs_no_name) {
    static const struct {
        const char *config, *sentence;
    } refused[] = {
        {"{\"model_type\": \"llava\"}", "config.json: text_config.model_type is"},
        {"{\"model_type\": \"llava\", \"text_config\": {\"model_type\": 3}}", "text_config.model_type is"},
        {"{\"model_type\": \"llava\", \"text_config\": {\"model_type\": \"none\"}}", "\"none\", which this version"},
        {"{\"model_type\": \"llava\", \"text_config\": {\"model_type\": \"clip\"}}", "which has parts itself"},
        {"{\"model_type\": \"llava\", \"text_config\": 3}", "text_config is an integer, must be an object"},
    };
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    const sa_model_options vision = {.struct_size = sizeof vision, .part = "vision"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct folder folder = folder_make();
        architecture_copy("llava", "model.safetensors", &folder);
        folder_write_text(&folder, "config.json", refused[i].config);
        cr_expect_neq(sa_model_open(ctx, folder.path, &model), SA_OK);
        cr_expect(strstr(sa_ctx_last_error(ctx), refused[i].sentence), "%s", sa_ctx_last_error(ctx));
        folder_remove(&folder);
    }
    cr_expect_eq(sa_model_open_with(ctx, architecture_path("llava"), &vision, &model), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "\"vision\", but a model of type \"llava\" has \"text\""));
    cr_assert_eq(sa_model_open(ctx, architecture_path("llava"), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_DECODER), 1);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* The name that newer checkpoints give a tensor. */
static void rename_tensor(const char *name, char to[200]) {
    static const char old[] = "language_model.", model[] = "language_model.model.";
    if (!strncmp(name, model, sizeof model - 1))
        snprintf(to, 200, "model.language_model.%s", name + sizeof model - 1);
    else if (!strncmp(name, old, sizeof old - 1))
        snprintf(to, 200, "%s", name + sizeof old - 1);
    else
        snprintf(to, 200, "model.%s", name);
}

static struct folder renamed(const char *model) {
    char path[400], name[200];
    snprintf(path, sizeof path, "%s/model.safetensors", architecture_path(model));
    struct reference file = reference_open(path);
    struct folder folder = folder_make();
    struct writer w = {0};
    architecture_copy(model, "config.json", &folder);
    for (int64_t i = 0; i < file.file->count; i++) {
        const struct tensor *t = &file.file->tensors[i];
        float *values = reference_tensor(&file, t->name, t->elements);
        rename_tensor(t->name, name);
        writer_add(&w, name, "F32", t->axes, t->size, values);
        free(values);
    }
    reference_close(&file);
    write_file(&w, &folder);
    return folder;
}

static void find_logits(sa_ctx *ctx, const char *path, float *logits, int64_t count) {
    static const int32_t ids[TOKENS] = {1, 5, 30, 7, 4, 2};
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(TOKENS * sa_model_get(model, SA_MODEL_VOCABULARY), count);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = ids, .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

Test(parts, have_newer_names) {
    enum { LOGITS = TOKENS * 31 };
    static const char *const models[] = {"llava", "gemma3"};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        float want[LOGITS], got[LOGITS];
        struct folder folder = renamed(models[i]);
        find_logits(ctx, architecture_path(models[i]), want, LOGITS);
        find_logits(ctx, folder.path, got, LOGITS);
        cr_expect(!memcmp(want, got, sizeof want), "%s", models[i]);
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* Settings that stand in config.json itself, as Qwen's own files have them. */
Test(parts, have_settings_beside_them) {
    enum { LOGITS = TOKENS * 31 };
    float want[LOGITS], got[LOGITS];
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    json_t *config = config_of("qwen2_5_vl"), *flat = json_deep_copy(json_object_get(config, "text_config"));
    architecture_copy("qwen2_5_vl", "model.safetensors", &folder);
    json_object_set_new(flat, "model_type", json_string("qwen2_5_vl"));
    json_object_set(flat, "rope_theta", json_object_get(json_object_get(flat, "rope_parameters"), "rope_theta"));
    json_object_del(flat, "rope_parameters");
    json_object_set_new(flat, "rope_scaling", json_pack("{ss s[iii]}", "type", "mrope", "mrope_section", 1, 1, 0));
    char *text = json_dumps(flat, 0);
    folder_write_text(&folder, "config.json", text);
    find_logits(ctx, architecture_path("qwen2_5_vl"), want, LOGITS);
    find_logits(ctx, folder.path, got, LOGITS);
    cr_expect(!memcmp(want, got, sizeof want));
    free(text);
    json_decref(flat), json_decref(config);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
