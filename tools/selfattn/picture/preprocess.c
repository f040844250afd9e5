/* SPDX-License-Identifier: MIT */
#include "picture/preprocess.h"

#include "exit.h"
#include "picture/resample.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings of image processors that change images in other ways. */
static const char *const others[] = {"do_pad",         "pad_size",           "do_flip_channel_order",
                                     "do_thumbnail",   "do_align_axis",      "do_align_long_axis",
                                     "do_crop_margin", "do_grayscale",       "size_divisor",
                                     "rescale_offset", "do_image_splitting", "do_color_quantize"};

static void check_others(const json_t *json, const char *path) {
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const json_t *value = json_object_get(json, others[i]);
        if (value && !json_is_null(value) && !json_is_false(value))
            failure("%s: \"%s\" is set, which is not supported", path, others[i]);
    }
}

static int flag(const json_t *json, const char *path, const char *key, int missing) {
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) return missing;
    if (!json_is_boolean(value)) failure("%s: \"%s\" must be true or false", path, key);
    return json_is_true(value);
}

static double number(const json_t *json, const char *path, const char *key, double missing) {
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) return missing;
    if (!json_is_number(value)) failure("%s: \"%s\" must be a number", path, key);
    return json_number_value(value);
}

static int64_t edge_of(const json_t *json, const char *path, const char *key) {
    const double pixels = number(json, path, key, 0);
    if (!(pixels >= 0 && pixels <= INT32_MAX))
        failure("%s: \"%s\" is %g, must be 0 to %d", path, key, pixels, INT32_MAX);
    return (int64_t)pixels;
}

/* A size is a number, or has a height and a width, or a shortest edge, perhaps with a longest one. */
static void read_size(const json_t *json, const char *path, const char *key, int64_t *width, int64_t *height,
                      int64_t *shortest, int64_t *longest) {
    const json_t *value = json_object_get(json, key);
    if (!value) return;
    *width = *height = *shortest = *longest = 0;
    if (json_is_integer(value)) *width = *height = json_integer_value(value);
    if (json_is_object(value)) {
        *width = edge_of(value, path, "width");
        *height = edge_of(value, path, "height");
        *shortest = edge_of(value, path, "shortest_edge");
        *longest = edge_of(value, path, "longest_edge");
    }
    int both = *width > 0 && *height > 0 && *width < 1 << 15 && *height < 1 << 15;
    if (both == (*shortest > 0 && *shortest < 1 << 15))
        failure("%s: \"%s\" must be a number, a width and a height, or a shortest_edge, up to 32767", path, key);
    if (*longest && *longest <= *shortest)
        failure("%s: \"%s\" has the longest_edge %lld, which must be above a shortest_edge", path, key,
                (long long)*longest);
}

static void read_triple(const json_t *json, const char *path, const char *key, double triple[3]) {
    const json_t *value = json_object_get(json, key);
    if (!value) return;
    if (json_array_size(value) != 3) failure("%s: \"%s\" must be a list of three numbers", path, key);
    for (size_t i = 0; i < 3; i++) {
        if (!json_is_number(json_array_get(value, i))) failure("%s: \"%s\" must be a list of three numbers", path, key);
        triple[i] = json_number_value(json_array_get(value, i));
    }
}

static int is_of(const json_t *json, const char *kind) {
    const char *name = json_string_value(json_object_get(json, "image_processor_type"));
    if (!name) name = json_string_value(json_object_get(json, "feature_extractor_type"));
    return name && !strncmp(name, kind, strlen(kind));
}

/* A crop may be said as a share of the resized image. ConvNext's processor crops small images to `size` itself, and
 * makes those from 384 pixels on squares; PoolFormer's only resizes by it. */
static void read_crop_share(const json_t *json, const char *path, struct preprocessing *s) {
    enum { SQUARES_FROM = 384 };
    const int convnext = is_of(json, "ConvNext");
    const double share = number(json, path, "crop_pct", convnext ? 224. / 256 : 0);
    const int64_t edge = s->shortest ? s->shortest : s->width;
    if (share == 0) return;
    if (!(share >= 0.01 && share <= 1)) failure("%s: \"crop_pct\" is %g, must be 0.01 to 1", path, share);
    if (!convnext && !is_of(json, "PoolFormer"))
        failure("%s: \"crop_pct\" is set, which is only known of ConvNext's and PoolFormer's image processors", path);
    if (!s->shortest && s->width != s->height)
        failure("%s: \"crop_pct\" stands beside a \"size\" of %lld x %lld, which is no square", path,
                (long long)s->width, (long long)s->height);
    s->longest = 0;
    if (convnext && edge >= SQUARES_FROM) {
        s->width = s->height = edge, s->shortest = 0;
        return;
    }
    if (convnext) s->crop = 1, s->crop_width = s->crop_height = edge;
    s->shortest = (int64_t)((double)edge / share);
}

static void read_settings(const json_t *json, const char *path, struct preprocessing *s) {
    int64_t none = 0, none_either = 0;
    check_others(json, path);
    s->resize = flag(json, path, "do_resize", 1);
    const double filter = number(json, path, "resample", RESAMPLE_BILINEAR);
    if (!(filter >= RESAMPLE_NEAREST && filter <= RESAMPLE_HAMMING))
        failure("%s: \"resample\" is %g, supported are 0 (nearest) to 5 (Hamming)", path, filter);
    s->filter = (int)filter;
    read_size(json, path, "size", &s->width, &s->height, &s->shortest, &s->longest);
    s->crop = flag(json, path, "do_center_crop", 0);
    read_size(json, path, "crop_size", &s->crop_width, &s->crop_height, &none, &none_either);
    read_crop_share(json, path, s);
    s->factor = flag(json, path, "do_rescale", 1) ? number(json, path, "rescale_factor", 1 / 255.) : 1;
    if (!flag(json, path, "do_normalize", 1)) {
        for (int i = 0; i < 3; i++) s->mean[i] = 0, s->deviation[i] = 1;
        return;
    }
    read_triple(json, path, "image_mean", s->mean);
    read_triple(json, path, "image_std", s->deviation);
    for (int i = 0; i < 3; i++)
        if (!(s->deviation[i] > 0)) failure("%s: \"image_std\" must be above 0", path);
}

struct preprocessing preprocessing_find(const struct engine *engine, const char *directory) {
    int64_t width = sa_model_get(engine->model, SA_MODEL_FEATURE_WIDTH);
    int64_t height = sa_model_get(engine->model, SA_MODEL_FEATURE_HEIGHT);
    struct preprocessing s = {.resize = 1,
                              .filter = RESAMPLE_BILINEAR,
                              .width = width,
                              .height = height,
                              .crop_width = width,
                              .crop_height = height,
                              .model_width = width,
                              .model_height = height,
                              .factor = 1 / 255.,
                              .mean = {0.5, 0.5, 0.5},
                              .deviation = {0.5, 0.5, 0.5}};
    const char *file;
    json_t *json = engine_preparation(directory, "image_processor", 1, &file);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    if (json) read_settings(json, path, &s);
    json_decref(json);
    return s;
}

/* Side of the squares that an image processor makes; 0: it makes other images. */
static int64_t side_of(const struct preprocessing *s) {
    if (s->crop) return s->crop_width == s->crop_height ? s->crop_width : 0;
    return s->resize && !s->shortest && s->width == s->height ? s->width : 0;
}

int64_t load_for_images(struct engine *engine, const char *directory, const char *part) {
    engine_load_part(engine, directory, part, 0);
    if (sa_model_get(engine->model, SA_MODEL_FEATURE_CHANNELS) != 3) return 0;
    const struct preprocessing s = preprocessing_find(engine, directory);
    const int64_t side = side_of(&s);
    if (!side || side == sa_model_get(engine->model, SA_MODEL_FEATURE_HEIGHT)) return 0;
    engine_unload(engine);
    engine_load_part(engine, directory, part, (int32_t)side);
    return side;
}

void check_takes_photographs(const struct engine *engine, const char *name) {
    if (sa_model_get(engine->model, SA_MODEL_FEATURE_ROWS) < 1 ||
        sa_model_get(engine->model, SA_MODEL_FEATURE_CHANNELS) != 3)
        failure("%s: a %s model does not take photographs", name, sa_model_type(engine->model));
}

/* Where the longer edge would be too long, that is made as long as it may be, and the shorter one in proportion. */
static void fit_longest(const struct preprocessing *s, int64_t *width, int64_t *height) {
    const int64_t longer = *width > *height ? *width : *height;
    if (!s->longest || longer <= s->longest) return;
    const int64_t shorter = s->longest * s->shortest / longer;
    *width = *width == longer ? s->longest : shorter;
    *height = *height == longer ? s->longest : shorter;
}

/* The whole image as it is before cropping. */
static struct image resized(const struct preprocessing *s, const struct image *image) {
    int64_t width = s->width, height = s->height;
    if (!s->resize) {
        width = image->width;
        height = image->height;
    } else if (s->shortest) {
        int64_t shorter = image->width < image->height ? image->width : image->height;
        width = s->shortest * image->width / shorter;
        height = s->shortest * image->height / shorter;
        fit_longest(s, &width, &height);
    }
    if (width < 1 || height < 1 || width > INT16_MAX || height > INT16_MAX)
        failure("an image of %d x %d pixels becomes %lld x %lld, each must be 1 to %d", image->width, image->height,
                (long long)width, (long long)height, INT16_MAX);
    return resample(image, (int)width, (int)height, s->filter);
}

struct view preprocess(const struct preprocessing *how, const char *directory, const struct image *image) {
    const int64_t width = how->model_width, height = how->model_height;
    struct image small = resized(how, image);
    if (how->crop
            ? how->crop_width != width || how->crop_height != height || small.width < width || small.height < height
            : small.width != width || small.height != height)
        failure("%s: preprocessor_config.json makes an image of %d x %d pixels%s, the model takes %lld x %lld",
                directory, small.width, small.height, how->crop ? " and crops it" : "", (long long)width,
                (long long)height);
    int64_t left = (small.width - width) / 2, top = (small.height - height) / 2;
    double across = (double)image->width / small.width, down = (double)image->height / small.height;
    struct view v = {.x = (double)left * across,
                     .y = (double)top * down,
                     .width = (double)width * across,
                     .height = (double)height * down};
    v.features = allocate(3 * (size_t)width * (size_t)height, sizeof *v.features);
    for (int c = 0; c < 3; c++)
        for (int64_t i = 0; i < width * height; i++) {
            int64_t pixel = (top + i / width) * small.width + left + i % width;
            v.features[c * width * height + i] =
                (float)((small.rgb[3 * pixel + c] * how->factor - how->mean[c]) / how->deviation[c]);
        }
    image_free(&small);
    return v;
}
