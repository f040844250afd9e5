/* SPDX-License-Identifier: MIT */
#include "picture/resample.h"

#include "exit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double triangle(double x) {
    return fmax(1 - fabs(x), 0);
}

/* Keys, "Cubic Convolution Interpolation", 1981, with a = -1/2. */
static double cubic(double x) {
    x = fabs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static double sinc(double x) {
    return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
}

static double lanczos(double x) {
    return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/* Pixels that are covered count alike. */
static double box(double x) {
    return x > -0.5 && x <= 0.5 ? 1 : 0;
}

static double hamming(double x) {
    return fabs(x) < 1 ? sinc(x) * (0.54 + 0.46 * cos(M_PI * x)) : 0;
}

static const struct {
    double (*value)(double x);
    double reach;
} filters[] = {[RESAMPLE_LANCZOS] = {lanczos, 3},
               [RESAMPLE_BILINEAR] = {triangle, 1},
               [RESAMPLE_BICUBIC] = {cubic, 2},
               [RESAMPLE_BOX] = {box, 0.5},
               [RESAMPLE_HAMMING] = {hamming, 1}};

/* What one new pixel takes of the old ones from `first` on. */
struct mixture {
    int first, count;
    double *weight;
};

static void mix(struct mixture *m, int pixel, int from, int to, int filter) {
    double scale = (double)from / to, stretch = fmax(scale, 1), reach = filters[filter].reach * stretch;
    double centre = (pixel + 0.5) * scale, total = 0;
    m->first = (int)fmax(centre - reach + 0.5, 0);
    m->count = (int)fmin(centre + reach + 0.5, from) - m->first;
    for (int i = 0; i < m->count; i++)
        total += m->weight[i] = filters[filter].value((m->first + i - centre + 0.5) / stretch);
    for (int i = 0; i < m->count; i++) m->weight[i] /= total;
}

static unsigned char rounded(double value) {
    return (unsigned char)fmin(fmax(floor(value + 0.5), 0), 255);
}

/* An image seen along one axis: so many pixels `step` bytes apart, in lines `line` bytes apart. */
struct axis {
    unsigned char *rgb;
    int pixels;
    int64_t step, line;
};

static void scale_axis(struct axis in, struct axis out, int lines, int filter) {
    double reach = filters[filter].reach * fmax((double)in.pixels / out.pixels, 1);
    struct mixture m = {.weight = allocate((size_t)(2 * reach + 3), sizeof *m.weight)};
    for (int pixel = 0; pixel < out.pixels; pixel++) {
        mix(&m, pixel, in.pixels, out.pixels, filter);
        for (int i = 0; i < 3 * lines; i++) {
            const unsigned char *from = in.rgb + i / 3 * in.line + i % 3 + m.first * in.step;
            double sum = 0;
            for (int k = 0; k < m.count; k++) sum += m.weight[k] * from[k * in.step];
            out.rgb[i / 3 * out.line + i % 3 + pixel * out.step] = rounded(sum);
        }
    }
    free(m.weight);
}

static void take_nearest(const struct image *in, struct image *out) {
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int64_t row = (int64_t)((y + 0.5) * in->height / out->height);
            int64_t column = (int64_t)((x + 0.5) * in->width / out->width);
            memcpy(out->rgb + 3 * ((int64_t)y * out->width + x), in->rgb + 3 * (row * in->width + column), 3);
        }
}

struct image resample(const struct image *image, int width, int height, int filter) {
    struct image narrow = {width, image->height, allocate((size_t)width * (size_t)image->height, 3)};
    struct image made = {width, height, allocate((size_t)width * (size_t)height, 3)};
    int64_t wide = 3 * (int64_t)image->width, row = 3 * (int64_t)width;
    if (filter == RESAMPLE_NEAREST) {
        take_nearest(image, &made);
    } else {
        scale_axis((struct axis){image->rgb, image->width, 3, wide}, (struct axis){narrow.rgb, width, 3, row},
                   image->height, filter);
        scale_axis((struct axis){narrow.rgb, image->height, row, 3}, (struct axis){made.rgb, height, row, 3}, width,
                   filter);
    }
    image_free(&narrow);
    return made;
}
