/* Rotary positions in images (modeling_dinov3_vit.py of Transformers), written here in double, register tokens, and
 * images of other sizes.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 2,
    PATCHES = SIDE * SIDE,
    TOKENS = 1 + PATCHES,
    PATCH = 4,
    MOST_TOKENS = 1 + 3 * 3 + 3,
    MOST_PIXELS = 3 * 12 * 12,
    BLOCKS = 2
};

/* The first block's queries, and the first state, of an image. */
struct states {
    int64_t tokens, heads, size;
    float queries[BLOCKS * MOST_TOKENS * E], hidden[(BLOCKS + 1) * MOST_TOKENS * E];
};

static struct states encode_sized(sa_ctx *ctx, const struct folder *folder, int32_t image_size) {
    static struct states s;
    const sa_model_options options = {.struct_size = sizeof options, .image_size = image_size};
    float pixels[MOST_PIXELS];
    sa_model *model;
    for (int i = 0; i < MOST_PIXELS; i++) pixels[i] = (float)(i * i % 23) / 11 - 1;
    cr_assert_eq(sa_model_open_with(ctx, folder->path, &options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_get(model, SA_MODEL_LAYERS), BLOCKS);
    s.tokens = sa_model_get(model, SA_MODEL_FEATURE_TOKENS);
    cr_assert_leq(s.tokens, MOST_TOKENS);
    s.heads = sa_model_get(model, SA_MODEL_QUERY_HEADS), s.size = sa_model_get(model, SA_MODEL_HEAD_SIZE);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .features = pixels, .hidden_all = s.hidden, .queries = s.queries};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
    return s;
}

static struct states encode(sa_ctx *ctx, const struct folder *folder) {
    return encode_sized(ctx, folder, 0);
}

static const struct added nothing[] = {{NULL, 0, 0}};

static struct states encode_with(sa_ctx *ctx, const char *description) {
    struct folder folder = folder_make();
    ends_copy(&folder, "dinov2", NULL, nothing, 1);
    folder_write_text(&folder, "architecture.json", description);
    const struct states s = encode(ctx, &folder);
    folder_remove(&folder);
    return s;
}

/* Half of a head turns by the row, half by the column; elements i and i + D/2 are a pair. */
static void turn(double *x, int64_t size, int64_t token, double theta) {
    const int64_t quarter = size / 4, patch = token - 1;
    if (patch < 0) return;
    for (int64_t i = 0; i < 2 * quarter; i++) {
        const int64_t at = i < quarter ? patch / SIDE : patch % SIDE;
        const double inverse = 1 / pow(theta, 4 * (double)(i % quarter) / (double)size),
                     angle = 2 * acos(-1) * (2 * ((double)at + 0.5) / SIDE - 1) * inverse, a = x[i],
                     b = x[i + 2 * quarter];
        x[i] = a * cos(angle) - b * sin(angle);
        x[i + 2 * quarter] = b * cos(angle) + a * sin(angle);
    }
}

#define WITHOUT_TABLE(positions)                                                                                       \
    "{\"like\": \"dinov2\", \"encoder\": {\"positions\": " positions ", \"tensors\": {\"positions\": null}}, "         \
    "\"ignore\": [\"embeddings.*\"]}"

Test(image_positions, turn_by_row_and_column) {
    sa_ctx *ctx = ctx_open(NULL);
    const struct states plain = encode_with(ctx, WITHOUT_TABLE("{\"kind\": \"none\"}")),
                        plane = encode_with(ctx, WITHOUT_TABLE("{\"kind\": \"plane\", \"theta\": 7}"));
    cr_assert_eq(plane.tokens, TOKENS);
    for (int64_t h = 0; h < plane.heads; h++)
        for (int64_t t = 0; t < TOKENS; t++) {
            const int64_t at = (h * TOKENS + t) * plane.size;
            double x[E] = {0};
            for (int64_t i = 0; i < plane.size; i++) x[i] = (double)plain.queries[at + i];
            turn(x, plane.size, t, 7);
            ends_expect(plane.queries + at, x, (int)plane.size, "queries");
        }
    sa_ctx_destroy(&ctx);
}

/* Registers stand behind the class token and have no position; patches have theirs. */
Test(image_positions, registers_have_none) {
    static const struct added added[] = {{"embeddings.register_tokens", 3, E}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "dinov2", "{\"model_type\": \"dinov2_with_registers\", \"num_register_tokens\": 3}", added, 5);
    const struct numbers registers = ends_tensor(&folder, "embeddings.register_tokens");
    const struct states with = encode(ctx, &folder);
    folder_remove(&folder);
    const struct states without = encode_with(ctx, "{\"like\": \"dinov2\"}");
    cr_assert_eq(with.tokens, TOKENS + 3);
    cr_expect_arr_eq(with.hidden, without.hidden, E * sizeof(float));
    ends_expect(with.hidden + E, registers.value, 3 * E, "registers");
    cr_expect_arr_eq(with.hidden + 4 * E, without.hidden + E, PATCHES * E * sizeof(float));
    sa_ctx_destroy(&ctx);
}

/* What positions add to a state: the class token keeps its own; in the middle of three rows and columns lies the mean
 * of the four that there were, with and without antialias. */
static void expect_stretched(sa_ctx *ctx, const char *with_table, const char *without) {
    struct folder folder = folder_make();
    ends_copy(&folder, "dinov2", NULL, nothing, 1);
    const struct numbers table = ends_tensor(&folder, "embeddings.position_embeddings");
    folder_write_text(&folder, "architecture.json", with_table);
    const struct states with = encode_sized(ctx, &folder, 3 * PATCH);
    folder_write_text(&folder, "architecture.json", without);
    const struct states plain = encode_sized(ctx, &folder, 3 * PATCH);
    folder_remove(&folder);
    cr_assert_eq(with.tokens, 1 + 3 * 3);
    cr_assert_eq(plain.tokens, with.tokens);
    for (int i = 0; i < E; i++) {
        double mean = 0;
        for (int p = 0; p < PATCHES; p++) mean += table.value[(1 + p) * E + i] / PATCHES;
        cr_expect_float_eq(with.hidden[i] - plain.hidden[i], table.value[i], 1e-6);
        cr_expect_float_eq(with.hidden[5 * E + i] - plain.hidden[5 * E + i], mean, 1e-6);
    }
}

Test(image_positions, are_stretched_to_other_images) {
    sa_ctx *ctx = ctx_open(NULL);
    expect_stretched(ctx, "{\"like\": \"dinov2\"}", WITHOUT_TABLE("{\"kind\": \"none\"}"));
    expect_stretched(ctx, "{\"like\": \"dinov2\", \"encoder\": {\"positions\": {\"antialias\": true}}}",
                     WITHOUT_TABLE("{\"kind\": \"none\"}"));
    sa_ctx_destroy(&ctx);
}

/* The last states of an image of C x 8 x 8, or of one of C x 11 x 11 of which that is the corner. */
static void encode_corner(sa_ctx *ctx, const char *name, int side, float states[TOKENS * E]) {
    struct folder folder = folder_make();
    sa_model *model;
    char change[40];
    float pixels[3 * 11 * 11];
    for (int i = 0; i < 3 * side * side; i++) {
        const int channel = i / side / side, row = i / side % side, column = i % side;
        pixels[i] = (float)(channel * 7 + row * 5 + column * 11 % 17) / 9 - 1;
    }
    snprintf(change, sizeof change, "{\"image_size\": %d}", side);
    ends_copy(&folder, name, change, nothing, 1);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s: %s", name, sa_ctx_last_error(ctx));
    cr_assert_leq(sa_model_get(model, SA_MODEL_FEATURE_TOKENS), TOKENS);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = 1, .features = pixels, .hidden = states};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s: %s", name, sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
    folder_remove(&folder);
}

/* A picture of 11 x 11 has the patches of its first 8 x 8 pixels, as a convolution without padding cuts it. */
Test(image_positions, pixels_that_fill_no_patch_are_left_out) {
    static const char *const names[] = {"siglip_vision", "clip_vision", "dinov2",
                                        "dinov3_vit",    "beit",        "beit_absolute"};
    sa_ctx *ctx = ctx_open(NULL);
    for (int i = 0; i < 6; i++) {
        float small[TOKENS * E] = {0}, large[TOKENS * E] = {0};
        encode_corner(ctx, names[i], 2 * PATCH, small);
        encode_corner(ctx, names[i], 2 * PATCH + 3, large);
        cr_expect_arr_eq(small, large, sizeof small, "%s", names[i]);
    }
    sa_ctx_destroy(&ctx);
}

static void expect_size_refused(sa_ctx *ctx, const char *model, int32_t size, sa_status status, const char *sentence) {
    char path[400];
    sa_model *opened;
    const sa_model_options options = {.struct_size = sizeof options, .image_size = size};
    snprintf(path, sizeof path, "%s/tests/data/architectures/%s", SELFATTN_SOURCE_DIR, model);
    cr_expect_eq(sa_model_open_with(ctx, path, &options, &opened), status);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence), "%s", sa_ctx_last_error(ctx));
}

Test(image_positions, of_other_sizes_are_refused) {
    sa_ctx *ctx = ctx_open(NULL);
    expect_size_refused(ctx, "dinov2", -1, SA_ERR_VALUE, "image_size is -1, must be 0 to 32767");
    expect_size_refused(ctx, "dinov2", 10, SA_ERR_VALUE, "image_size is 10, which patches of 4 pixels do not fill");
    expect_size_refused(ctx, "dinov2", 2, SA_ERR_VALUE, "image_size is 2, which patches of 4 pixels do not fill");
    expect_size_refused(ctx, "beit", 12, SA_ERR_UNSUPPORTED, "image_size is 12, but neither biases by distance");
    expect_size_refused(ctx, "bert", 12, SA_ERR_VALUE, "image_size is 12, but the model takes no images");
    sa_ctx_destroy(&ctx);
}

Test(image_positions, that_do_not_fit_are_refused) {
    static const struct added short_registers[] = {{"embeddings.register_tokens", 2, E}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    ends_expect_refused(ctx, "dinov2", "{\"model_type\": \"dinov2_with_registers\", \"num_register_tokens\": 3}",
                        nothing, "tensor \"embeddings.register_tokens\" is missing");
    ends_expect_refused(ctx, "dinov2", "{\"model_type\": \"dinov2_with_registers\", \"num_register_tokens\": 3}",
                        short_registers, "tensor \"embeddings.register_tokens\" has the shape [2, 16]");
    ends_expect_refused(ctx, "dinov2", "{\"model_type\": \"dinov2_with_registers\", \"num_register_tokens\": 300}",
                        nothing, "num_register_tokens is 300");
    struct folder folder = folder_make();
    sa_model *model;
    ends_copy(&folder, "dinov2", "{\"num_attention_heads\": 8}", nothing, 1);
    folder_write_text(&folder, "architecture.json", WITHOUT_TABLE("{\"kind\": \"plane\"}"));
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "a multiple of 4; it is 2"), "%s", sa_ctx_last_error(ctx));
    ends_copy(&folder, "dinov2", "{\"image_size\": 32764}", nothing, 1);
    folder_write_text(&folder, "architecture.json", WITHOUT_TABLE("{\"kind\": \"plane\"}"));
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "take more than 1 GiB"), "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
