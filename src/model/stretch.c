/* SPDX-License-Identifier: MIT */
#include "model/stretch.h"

#include "base/arith.h"

#include <math.h>

enum { CHUNK = 256 };

struct stretch stretch_of(const struct stack_config *c) {
    const struct position_config *p = &c->positions;
    return (struct stretch){.rows = p->table_rows,
                            .columns = p->table_columns,
                            .to_rows = input_rows(&c->input),
                            .to_columns = input_columns(&c->input),
                            .width = c->input.embedding,
                            .antialias = p->antialias};
}

int64_t stretch_first(const struct stretch *s, int64_t elements) {
    return elements - s->rows * s->columns * s->width;
}

int64_t stretch_vectors(const struct stretch *s, int64_t elements) {
    return stretch_first(s, elements) / s->width + s->to_rows * s->to_columns;
}

static double cubic(double x, double a) {
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double weight_of(const struct stretch_taps *t, int64_t i) {
    return cubic(((double)(t->first + i) + 0.5 - t->centre) / t->reach, t->a);
}

static struct stretch_taps taps_of(const struct stretch *s, int64_t from, int64_t to, int64_t at) {
    const double scale = (double)from / (double)to;
    struct stretch_taps t = {.centre = scale * ((double)at + 0.5), .reach = 1, .count = 4, .a = -0.75};
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

struct stretch_place stretch_place(const struct stretch *s, int64_t place) {
    const struct stretch_taps down = taps_of(s, s->rows, s->to_rows, place / s->to_columns),
                              across = taps_of(s, s->columns, s->to_columns, place % s->to_columns);
    return (struct stretch_place){down, across, down.count * across.count};
}

int64_t stretch_old(const struct stretch *s, const struct stretch_place *place, int64_t i, double *weight) {
    const struct stretch_taps *down = &place->down, *across = &place->across;
    const int64_t r = i / across->count, c = i % across->count;
    *weight = weight_of(down, r) * weight_of(across, c) / (down->sum * across->sum);
    return inside(down->first + r, s->rows) * s->columns + inside(across->first + c, s->columns);
}

/* Elements at .. at + n of the vector of a place. */
static void add_vector(const struct stretch *s, const struct tensor *table, int64_t first,
                       const struct stretch_place *place, int64_t at, int64_t n, double *sums) {
    float numbers[CHUNK];
    for (int64_t i = 0; i < place->count; i++) {
        double weight;
        const int64_t old = stretch_old(s, place, i, &weight);
        tensor_floats(table, first + old * s->width + at, n, numbers);
        for (int64_t d = 0; d < n; d++) sums[d] += weight * (double)numbers[d];
    }
}

void stretch_table(const struct stretch *s, const struct tensor *table, float *to) {
    const int64_t first = stretch_first(s, table->elements);
    tensor_floats(table, 0, first, to);
    for (int64_t i = 0; i < s->to_rows * s->to_columns; i++) {
        const struct stretch_place place = stretch_place(s, i);
        for (int64_t at = 0; at < s->width; at += CHUNK) {
            const int64_t n = min_i64(CHUNK, s->width - at);
            double sums[CHUNK] = {0};
            add_vector(s, table, first, &place, at, n, sums);
            for (int64_t d = 0; d < n; d++) to[first + i * s->width + at + d] = (float)sums[d];
        }
    }
}
