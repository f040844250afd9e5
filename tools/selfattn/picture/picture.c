/* SPDX-License-Identifier: MIT */
#include "picture/picture.h"

#include "exit.h"
#include "whole_file.h"

#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static const char fonts[] = "Inter, Open Sans, Noto Sans, DejaVu Sans, sans-serif";
enum { MARGIN = 28, LARGEST_PNG = 16000 };

static int ends_in(const char *file, const char *ending) {
    size_t length = strlen(file), end = strlen(ending);
    return length > end && !strcasecmp(file + length - end, ending);
}

void picture_check_name(const char *file) {
    if (!ends_in(file, ".png") && !ends_in(file, ".svg"))
        usage_error("\"%s\" ends neither in .png nor in .svg; other pictures are not supported", file);
}

struct picture picture_begin(void) {
    struct picture p = {.sheet = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL)};
    p.cairo = cairo_create(p.sheet);
    p.layout = pango_cairo_create_layout(p.cairo);
    /* Unhinted letters have the same widths at every scale, so PNG and SVG agree. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(pango_layout_get_context(p.layout), options);
    cairo_font_options_destroy(options);
    return p;
}

static void set_text(const struct picture *picture, const char *text, const struct label *label) {
    PangoFontDescription *font = pango_font_description_from_string(fonts);
    pango_font_description_set_absolute_size(font, label->size * PANGO_SCALE);
    pango_font_description_set_weight(font, label->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(picture->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(picture->layout, label->wrap > 0 ? (int)(label->wrap * PANGO_SCALE) : -1);
    pango_layout_set_text(picture->layout, text, -1);
}

double picture_text_width(const struct picture *picture, const char *text, const struct label *label) {
    int width, height;
    set_text(picture, text, label);
    pango_layout_get_size(picture->layout, &width, &height);
    return (double)width / PANGO_SCALE;
}

static void set_colour(const struct picture *picture, struct colour colour) {
    cairo_set_source_rgb(picture->cairo, colour.red, colour.green, colour.blue);
}

void picture_text(const struct picture *picture, double x, double y, const char *text, const struct label *label) {
    int width, height;
    set_text(picture, text, label);
    pango_layout_get_size(picture->layout, &width, &height);
    double line = (double)height / PANGO_SCALE / pango_layout_get_line_count(picture->layout);
    cairo_save(picture->cairo);
    cairo_translate(picture->cairo, x, y);
    cairo_rotate(picture->cairo, label->angle);
    cairo_move_to(picture->cairo, -label->anchor * width / PANGO_SCALE, -line / 2);
    set_colour(picture, label->colour);
    pango_cairo_show_layout(picture->cairo, picture->layout);
    cairo_restore(picture->cairo);
}

void picture_heading(const struct picture *picture, double x, double bottom, double width, const char *title,
                     const char *text) {
    const struct label large = {.size = 22, .bold = 1, .colour = ink};
    const struct label quiet = {.size = 14, .colour = muted, .wrap = width};
    set_text(picture, text, &quiet);
    int lines = pango_layout_get_line_count(picture->layout);
    double last = bottom - 12, line = 19;
    picture_text(picture, x, last - (lines - 1) * line - 30, title, &large);
    picture_text(picture, x, last - (lines - 1) * line, text, &quiet);
}

void picture_box(const struct picture *picture, double x, double y, double width, double height, struct colour colour) {
    double radius = fmin(2.5, fmin(width, height) / 4), quarter = 1.57079632679489662;
    const double corners[4][2] = {{x + width - radius, y + radius},
                                  {x + width - radius, y + height - radius},
                                  {x + radius, y + height - radius},
                                  {x + radius, y + radius}};
    cairo_new_path(picture->cairo);
    for (int i = 0; i < 4; i++)
        cairo_arc(picture->cairo, corners[i][0], corners[i][1], radius, (i - 1) * quarter, i * quarter);
    cairo_close_path(picture->cairo);
    set_colour(picture, colour);
    cairo_fill(picture->cairo);
}

/* Copies the sheet, `scale` times as large, to where its drawing starts at the margin. */
static cairo_status_t copy_sheet(const struct picture *picture, cairo_surface_t *target, double x, double y,
                                 double scale) {
    cairo_t *cairo = cairo_create(target);
    cairo_scale(cairo, scale, scale);
    cairo_set_source_rgb(cairo, paper.red, paper.green, paper.blue);
    cairo_paint(cairo);
    cairo_set_source_surface(cairo, picture->sheet, MARGIN - x, MARGIN - y);
    cairo_paint(cairo);
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    return status;
}

static cairo_status_t put(void *stream, const unsigned char *data, unsigned int length) {
    return fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

void picture_end(struct picture *picture, const char *file) {
    struct whole_file out = whole_file_begin(file);
    double x, y, width, height;
    cairo_recording_surface_ink_extents(picture->sheet, &x, &y, &width, &height);
    width = ceil(width) + 2 * MARGIN;
    height = ceil(height) + 2 * MARGIN;
    double scale = fmin(2, LARGEST_PNG / fmax(width, height));
    int png = ends_in(file, ".png");
    cairo_surface_t *target =
        png ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(scale * width), (int)(scale * height))
            : cairo_svg_surface_create_for_stream(put, out.stream, width, height);
    cairo_status_t status = copy_sheet(picture, target, x, y, png ? scale : 1);
    if (status == CAIRO_STATUS_SUCCESS && png) status = cairo_surface_write_to_png_stream(target, put, out.stream);
    cairo_surface_finish(target);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(target);
    if (status == CAIRO_STATUS_NO_MEMORY) errno = ENOMEM;
    whole_file_end(&out, status == CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(target);
    g_object_unref(picture->layout);
    cairo_destroy(picture->cairo);
    cairo_surface_finish(picture->sheet); /* an SVG surface and what was copied to it hold each other until then */
    cairo_surface_destroy(picture->sheet);
}
