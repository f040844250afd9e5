/* SPDX-License-Identifier: MIT */
#include "picture/overlay.h"

#include "exit.h"
#include "picture/picture.h"
#include "picture/resample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL = 420, GAP = 16, THUMBNAILS = 6, NAME = 22 };

/* What is not looked at lies under this. */
static const struct colour night = {0.03, 0.05, 0.12};
static const double DARKEST = 0.82;

struct sheet {
    struct picture picture;
    const struct view *view;
    const struct gaze *gaze;
    cairo_surface_t *photograph;
    double width, height; /* of the photograph */
};

/* The veil over the part that the model sees: thin where the patch weighs much, and smooth between patches. */
static cairo_surface_t *make_veil(const struct gaze *gaze, const float *weight, int width, int height) {
    int64_t patches = gaze->rows * gaze->columns;
    float most = 0;
    for (int64_t i = 0; i < patches; i++) most = fmaxf(most, weight[i]);
    struct image coarse = {(int)gaze->columns, (int)gaze->rows, allocate((size_t)patches, 3)};
    for (int64_t i = 0; i < patches; i++)
        memset(coarse.rgb + 3 * i, (int)(most > 0 ? 255 * weight[i] / most + 0.5f : 0), 3);
    struct image fine = resample(&coarse, width, height, RESAMPLE_BICUBIC);
    cairo_surface_t *veil = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    for (int64_t i = 0; i < (int64_t)width * height; i++) {
        double alpha = DARKEST * (1 - fine.rgb[3 * i] / 255.);
        uint32_t pixel = (uint32_t)(255 * alpha) << 24 | (uint32_t)(255 * alpha * night.red) << 16 |
                         (uint32_t)(255 * alpha * night.green) << 8 | (uint32_t)(255 * alpha * night.blue);
        memcpy(cairo_image_surface_get_data(veil) + i / width * cairo_image_surface_get_stride(veil) + 4 * (i % width),
               &pixel, 4);
    }
    cairo_surface_mark_dirty(veil);
    image_free(&coarse);
    image_free(&fine);
    return veil;
}

/* The photograph with its upper left corner at (x, y); with weights, under a veil. */
static void draw_photograph(const struct sheet *s, double x, double y, double width, const float *weight) {
    cairo_t *cairo = s->picture.cairo;
    double scale = width / s->width;
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_rectangle(cairo, 0, 0, width, s->height * scale);
    cairo_clip(cairo);
    cairo_scale(cairo, scale, scale);
    cairo_set_source_surface(cairo, s->photograph, 0, 0);
    cairo_paint(cairo);
    if (weight) {
        const struct view *v = s->view;
        int across = (int)ceil(v->width * scale), down = (int)ceil(v->height * scale);
        cairo_surface_t *veil = make_veil(s->gaze, weight, across, down);
        cairo_translate(cairo, v->x, v->y);
        cairo_scale(cairo, v->width / across, v->height / down);
        cairo_set_source_surface(cairo, veil, 0, 0);
        cairo_paint(cairo);
        cairo_surface_destroy(veil);
    }
    cairo_restore(cairo);
}

/* Returns where the last row ends. */
static double draw_heads(const struct sheet *s, double top) {
    int64_t columns = s->gaze->heads < THUMBNAILS ? s->gaze->heads : THUMBNAILS;
    double width = (2 * PANEL + GAP - (double)(columns - 1) * GAP) / (double)columns;
    double height = width * s->height / s->width;
    for (int64_t h = 0; h < s->gaze->heads; h++) {
        int64_t row = h / columns;
        double x = (double)(h % columns) * (width + GAP), y = top + (double)row * (height + NAME + GAP);
        draw_photograph(s, x, y, width, s->gaze->head + h * s->gaze->rows * s->gaze->columns);
        char name[32];
        snprintf(name, sizeof name, "head %lld", (long long)h);
        struct label label = {.size = 13, .bold = h == s->gaze->chosen, .colour = ink, .anchor = 0.5};
        picture_text(&s->picture, x + width / 2, y + height + NAME / 2.0 + 2, name, &label);
    }
    int64_t rows = (s->gaze->heads + columns - 1) / columns;
    return top + (double)rows * (height + NAME + GAP);
}

void overlay_draw(const struct image *image, const struct view *view, const struct gaze *gaze, const char *text,
                  const char *file) {
    struct sheet s = {.picture = picture_begin(), .view = view, .gaze = gaze};
    s.photograph = image_surface(image);
    s.width = image->width;
    s.height = image->height;
    double height = PANEL * s.height / s.width;
    draw_photograph(&s, 0, 0, PANEL, NULL);
    draw_photograph(&s, PANEL + GAP, 0, PANEL, gaze->mean);
    double bottom = draw_heads(&s, height + GAP);
    const struct label small = {.size = 12, .colour = muted};
    picture_text(&s.picture, 0, bottom,
                 "Each picture is brightest where its weight is largest. The rest of the sum, up to 1, belongs to the "
                 "class token.",
                 &small);
    char title[96];
    if (gaze->chosen < 0)
        snprintf(title, sizeof title, "Where the class token looks: layer %lld, mean of %lld heads",
                 (long long)gaze->layer, (long long)gaze->heads);
    else
        snprintf(title, sizeof title, "Where the class token looks: layer %lld, head %lld", (long long)gaze->layer,
                 (long long)gaze->chosen);
    picture_heading(&s.picture, 0, -4, 2 * PANEL + GAP, title, text);
    picture_end(&s.picture, file);
    cairo_surface_destroy(s.photograph);
}
