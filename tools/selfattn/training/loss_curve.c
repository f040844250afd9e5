/* SPDX-License-Identifier: MIT */
#include "training/loss_curve.h"

#include "picture/picture.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 720, HEIGHT = 360, LINES = 4 };

/* Where values stand on the sheet. */
struct scale {
    double last, low, high; /* updates 0 .. last, losses low .. high */
};

static double x_of(const struct scale *s, int64_t update) {
    return (double)update / s->last * WIDTH;
}

static double y_of(const struct scale *s, double loss) {
    return HEIGHT - (loss - s->low) / (s->high - s->low) * HEIGHT;
}

static struct scale scale_of(const struct loss_point *p, int64_t count) {
    struct scale s = {.last = fmax((double)p[count - 1].update, 1), .low = INFINITY, .high = -INFINITY};
    for (int64_t i = 0; i < count; i++) {
        s.low = fmin(s.low, fmin(p[i].learned, p[i].tested));
        s.high = fmax(s.high, fmax(p[i].learned, p[i].tested));
    }
    s.low = floor(s.low * 10) / 10;
    s.high = fmax(ceil(s.high * 10) / 10, s.low + 0.1);
    return s;
}

static void draw_line(const struct picture *p, const struct scale *s, const struct loss_point *points, int64_t count,
                      int tested, struct colour colour) {
    const struct label label = {.size = 13, .colour = colour};
    const struct loss_point *end = &points[count - 1];
    cairo_new_path(p->cairo);
    for (int64_t i = 0; i < count; i++)
        cairo_line_to(p->cairo, x_of(s, points[i].update), y_of(s, tested ? points[i].tested : points[i].learned));
    cairo_set_source_rgb(p->cairo, colour.red, colour.green, colour.blue);
    cairo_set_line_width(p->cairo, 2);
    cairo_stroke(p->cairo);
    picture_text(p, WIDTH + 8, y_of(s, tested ? end->tested : end->learned) + (tested ? -9 : 9),
                 tested ? "test" : "learned", &label);
}

static void draw_grid(const struct picture *p, const struct scale *s) {
    const struct label left = {.size = 12, .colour = ink, .anchor = 1},
                       below = {.size = 12, .colour = ink, .anchor = 0.5};
    char text[32];
    for (int i = 0; i <= LINES; i++) {
        const double part = (double)i / LINES, loss = s->low + part * (s->high - s->low);
        snprintf(text, sizeof text, "%.2f", loss);
        picture_text(p, -8, y_of(s, loss), text, &left);
        picture_box(p, 0, y_of(s, loss) - 0.5, WIDTH, 1, colour_scale(0.15));
        snprintf(text, sizeof text, "%.0f", part * s->last);
        picture_text(p, part * WIDTH, HEIGHT + 16, text, &below);
    }
}

void loss_curve_draw(const struct loss_point *points, int64_t count, const char *file) {
    struct picture p = picture_begin();
    const struct scale s = scale_of(points, count);
    char text[160];
    snprintf(text, sizeof text,
             "Mean cross-entropy of a token over %lld updates; at the end %.3f, and %.3f for text that "
             "was not learned.",
             (long long)points[count - 1].update, points[count - 1].learned, points[count - 1].tested);
    picture_heading(&p, 0, -16, WIDTH, "How the loss fell", text);
    draw_grid(&p, &s);
    draw_line(&p, &s, points, count, 0, colour_scale(0.45));
    draw_line(&p, &s, points, count, 1, colour_scale(0.95));
    picture_end(&p, file);
}
