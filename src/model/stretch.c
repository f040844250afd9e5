/* SPDX-License-Identifier: MIT */
#include "model/stretch.h"

#include "base/arith.h"

#include <math.h>

enum { CHUNK = 256 };

/* Where a new place lies between old ones along an axis. */
struct taps {
    int64_t first, count;
    double centre, reach; /* reach: of 1 in the cubic */
    double a, sum;
};

static double cubic(double x, double a) {
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double weight_of(const struct taps *t, int64_t i) {
    return cubic(((double)(t->first + i) + 0.5 - t->centre) / t->reach, t->a);
}

static struct taps taps_of(const struct stretch *s, int64_t from, int64_t to, int64_t at) {
    const double scale = (double)from / (double)to;
    struct taps t = {.centre = scale * ((double)at + 0.5), .reach = 1, .count = 4, .a = -0.75};
    t.first = (int64_t)floor(t.centre - 0.5) - 1;
    if (s->antialias) {
        t.a = -0.5;
        if (scale > 1) t.reach = scale;
        const int64_t last = min_i64((int64_t)(t.centre + 2 * t.reach + 0.5), from);
        t.first = max_i64((int64_t)(t.centre - 2 * t.reach + 0.5), 0);
        t.count = last - t.first;
    }
    for (int64_t i = 0; i < t.count; i++) t.sum += weight_of(&t, i);
    return t;
}

static int64_t inside(int64_t at, int64_t count) {
    return max_i64(0, min_i64(at, count - 1));
}

/* Elements i .. i + n of the vector between the places of `down` and `across`. */
static void add_vector(const struct stretch *s, const struct tensor *table, int64_t first, const struct taps *down,
                       const struct taps *across, int64_t at, int64_t n, double *sums) {
    float numbers[CHUNK];
    for (int64_t i = 0; i < down->count * across->count; i++) {
        const int64_t r = i / across->count, c = i % across->count;
        const int64_t row = inside(down->first + r, s->rows), column = inside(across->first + c, s->columns);
        const double weight = weight_of(down, r) * weight_of(across, c) / (down->sum * across->sum);
        tensor_floats(table, first + (row * s->columns + column) * s->width + at, n, numbers);
        for (int64_t d = 0; d < n; d++) sums[d] += weight * (double)numbers[d];
    }
}

void stretch_table(const struct stretch *s, const struct tensor *table, int64_t first, float *to) {
    for (int64_t i = 0; i < s->to_rows * s->to_columns; i++) {
        const struct taps down = taps_of(s, s->rows, s->to_rows, i / s->to_columns),
                          across = taps_of(s, s->columns, s->to_columns, i % s->to_columns);
        for (int64_t at = 0; at < s->width; at += CHUNK) {
            const int64_t n = min_i64(CHUNK, s->width - at);
            double sums[CHUNK] = {0};
            add_vector(s, table, first, &down, &across, at, n, sums);
            for (int64_t d = 0; d < n; d++) to[i * s->width + at + d] = (float)sums[d];
        }
    }
}
