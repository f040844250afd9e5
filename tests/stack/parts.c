/* Files with several models: CLIP's of texts and of images in one gives what the two files give alone.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = 16, WIDTH = 5, TOKENS = 6, PIXELS = 3 * 8 * 8, MOST_BYTES = 1 << 16 };

/* A safetensors file that grows. */
struct file {
    json_t *header;
    size_t bytes;
    char data[MOST_BYTES];
};

static void add(struct file *f, const char *name, json_t *shape, const void *data, size_t bytes) {
    cr_assert(f->bytes + bytes <= MOST_BYTES);
    memcpy(f->data + f->bytes, data, bytes);
    json_object_set_new(f->header, name,
                        json_pack("{ss sO s[II]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)f->bytes,
                                  (json_int_t)(f->bytes + bytes)));
    f->bytes += bytes;
}

static const char *path_of(const char *model, const char *name) {
    static char path[400];
    snprintf(path, sizeof path, "%s/tests/data/architectures/%s/%s", SELFATTN_SOURCE_DIR, model, name);
    return path;
}

/* All tensors of a model's file, with more in front of their names. */
static void add_file(struct file *f, const char *model, const char *prefix) {
    size_t bytes;
    uint64_t header_bytes;
    const char *name;
    json_t *value;
    char *all = file_bytes(path_of(model, "model.safetensors"), &bytes), full[200];
    memcpy(&header_bytes, all, 8);
    json_t *header = json_loadb(all + 8, (size_t)header_bytes, 0, NULL);
    json_object_del(header, "__metadata__");
    json_object_foreach(header, name, value) {
        const json_t *offsets = json_object_get(value, "data_offsets");
        const size_t first = (size_t)json_integer_value(json_array_get(offsets, 0)),
                     end = (size_t)json_integer_value(json_array_get(offsets, 1));
        snprintf(full, sizeof full, "%s%s", prefix, name);
        add(f, full, json_object_get(value, "shape"), all + 8 + header_bytes + first, end - first);
    }
    json_decref(header);
    free(all);
}

static void add_noise(struct file *f, const char *name, uint64_t seed) {
    float x[WIDTH * E];
    struct rng rng = {seed};
    json_t *shape = json_pack("[ii]", WIDTH, E);
    for (int i = 0; i < WIDTH * E; i++) x[i] = (float)rng_normal(&rng);
    add(f, name, shape, x, sizeof x);
    json_decref(shape);
}

static void write_file(struct file *f, const struct folder *folder) {
    char *text = json_dumps(f->header, 0), *all = malloc(8 + strlen(text) + f->bytes);
    const uint64_t header_bytes = strlen(text);
    memcpy(all, &header_bytes, 8);
    memcpy(all + 8, text, (size_t)header_bytes);
    memcpy(all + 8 + header_bytes, f->data, f->bytes);
    folder_write(folder, "model.safetensors", all, 8 + (size_t)header_bytes + f->bytes);
    json_decref(f->header);
    free(text), free(all), free(f);
}

static struct file *begin(void) {
    struct file *f = calloc(1, sizeof *f);
    f->header = json_object();
    return f;
}

/* One model alone, with its projection. */
static struct folder alone(const char *model, const char *projection, uint64_t seed) {
    struct folder folder = folder_make();
    struct file *f = begin();
    size_t bytes;
    char *config = file_bytes(path_of(model, "config.json"), &bytes);
    add_file(f, model, "");
    add_noise(f, projection, seed);
    write_file(f, &folder);
    folder_write_text(&folder, "config.json", config);
    free(config);
    return folder;
}

/* Both in one; `change` are members of config.json. */
static struct folder both(const char *change) {
    static const float scale = 4.6f;
    struct folder folder = folder_make();
    struct file *f = begin();
    json_t *config = json_pack("{ss si}", "model_type", "clip", "projection_dim", WIDTH),
           *more = json_loads(change, 0, NULL);
    json_t *scalar = json_array();
    add_file(f, "clip_text", "text_model.");
    add_file(f, "clip_vision", "vision_model.");
    add_noise(f, "text_projection.weight", 1);
    add_noise(f, "visual_projection.weight", 2);
    add(f, "logit_scale", scalar, &scale, sizeof scale);
    write_file(f, &folder);
    json_object_set_new(config, "text_config", json_load_file(path_of("clip_text", "config.json"), 0, NULL));
    json_object_set_new(config, "vision_config", json_load_file(path_of("clip_vision", "config.json"), 0, NULL));
    json_object_update(config, more);
    char *text = json_dumps(config, 0);
    folder_write_text(&folder, "config.json", text);
    json_decref(scalar), json_decref(config), json_decref(more);
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
    expect_description_refused(ctx, "{\"parts\": {\"text\": {\"settings\": \"text_config\"}}}", SA_ERR_FORMAT,
                               "parts.text.model_type");
    expect_description_refused(ctx, "{\"parts\": {\"text\": {\"config\": \"text_config\"}}}", SA_ERR_UNSUPPORTED,
                               "there is no setting parts.text.config");
    expect_description_refused(
        ctx, "{\"parts\": {\"text\": {\"settings\": \"text_config\", \"model_type\": \"clip\"}}}", SA_ERR_UNSUPPORTED,
        "text_config.model_type is \"clip_text_model\", only \"clip\" is supported");
    folder_remove(&whole), folder_remove(&text);
    sa_ctx_destroy(&ctx);
}
