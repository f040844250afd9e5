/* Colours are mixed in OKLab, where equal distances look equal (Björn Ottosson, "A perceptual color space for image
 * processing", 2020); its matrices stand below.
 * SPDX-License-Identifier: MIT */
#include "picture/colour.h"

#include <math.h>

const struct colour ink = {0.12, 0.14, 0.18}, muted = {0.55, 0.58, 0.63}, faint = {0.955, 0.96, 0.97},
                    paper = {1, 1, 1};

struct lab {
    double l, a, b;
};

/* The scale runs through these: paper, aqua, teal, blue, night. */
static const struct lab stops[] = {{0.985, -0.004, 0.002},
                                   {0.875, -0.058, 0.004},
                                   {0.720, -0.085, -0.045},
                                   {0.520, -0.050, -0.100},
                                   {0.270, 0.010, -0.090}};
enum { STEPS = sizeof stops / sizeof stops[0] - 1 };

static double gamma_encode(double linear) {
    if (linear <= 0) return 0;
    if (linear >= 1) return 1;
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static struct colour from_lab(struct lab c) {
    double l = c.l + 0.3963377774 * c.a + 0.2158037573 * c.b;
    double m = c.l - 0.1055613458 * c.a - 0.0638541728 * c.b;
    double s = c.l - 0.0894841775 * c.a - 1.2914855480 * c.b;
    l *= l * l, m *= m * m, s *= s * s;
    return (struct colour){gamma_encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                           gamma_encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                           gamma_encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

struct colour colour_scale(double value) {
    double place = fmin(fmax(value, 0), 1) * STEPS;
    int step = place >= STEPS ? STEPS - 1 : (int)place;
    double part = place - step;
    const struct lab *a = &stops[step], *b = a + 1;
    return from_lab(
        (struct lab){a->l + part * (b->l - a->l), a->a + part * (b->a - a->a), a->b + part * (b->b - a->b)});
}

struct colour colour_head(int64_t head, int64_t heads) {
    /* Neighbours differ in lightness too, since many heads leave little room between hues. */
    double hue = 0.45 + 2 * 3.14159265358979323846 * (double)head / (double)heads;
    double lightness = head % 2 ? 0.56 : 0.68, chroma = 0.15;
    return from_lab((struct lab){lightness, chroma * cos(hue), chroma * sin(hue)});
}

struct colour colour_readable_on(struct colour background) {
    double luminance = 0.2126 * background.red + 0.7152 * background.green + 0.0722 * background.blue;
    return luminance > 0.6 ? ink : paper;
}

struct colour colour_mix(struct colour under, struct colour over, double part) {
    return (struct colour){under.red + part * (over.red - under.red), under.green + part * (over.green - under.green),
                           under.blue + part * (over.blue - under.blue)};
}
