/* The softmax of the matrix kernels: as that of the lane kernels, with weights in bf16 parts and pairs of keys.
 * SPDX-License-Identifier: MIT */
#include "kernel/bf16.h"
#include "kernel/softmax_step.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

enum { MOST_COUNT = 99, WIDEST = 32 };

static int64_t up(int64_t n) {
    return (n + MATRIX_UNIT - 1) / MATRIX_UNIT * MATRIX_UNIT;
}

struct step {
    int64_t width, count, parts, part_step, side;
    struct row scores, maximum, total, shrink;
    struct bf16_row weights;
    struct column columns[WIDEST];
    enum kind kinds[WIDEST];
};

static void make(struct step *s, struct rng *rng) {
    s->part_step = up(s->count) * s->width + (s->count % 3 ? 0 : 2 * s->width);
    s->weights = bf16_make(s->parts * s->part_step, s->side);
    s->scores = row_make(s->count * s->width, s->side);
    s->maximum = row_make(s->width, s->side), s->total = row_make(s->width, s->side),
    s->shrink = row_make(s->width, s->side);
    for (int64_t w = 0; w < s->width; w++) {
        column_start(rng, &s->maximum.x[w], &s->total.x[w]);
        s->kinds[w] = (enum kind)rng_below(rng, KINDS);
        for (int64_t i = w; i < s->count * s->width; i += s->width)
            s->scores.x[i] = matrix_score(kind_score(rng, s->kinds[w]));
        s->columns[w] = (struct column){.scores = s->scores.x + w,
                                        .step = s->width,
                                        .count = s->count,
                                        .maximum_before = s->maximum.x[w],
                                        .total_before = s->total.x[w],
                                        .relative = s->parts == 1 ? 0x1p-8 + 0x1p-12 : 0x1p-16,
                                        .absolute = FLT_MIN,
                                        .total_relative = s->parts == 1 ? 0 : 0x1p-16};
    }
}

/* Part p of the weight of key j in column w. */
static double weight_at(const struct step *s, int64_t p, int64_t j, int64_t w) {
    return bf16_at(s->weights.x, p * s->part_step + (j / 2 * s->width + w) * 2 + j % 2);
}

static void check(struct step *s, struct worst *worst) {
    for (int64_t w = 0; w < s->width; w++) {
        double weights[MOST_COUNT];
        for (int64_t j = 0; j < s->count; j++)
            weights[j] = weight_at(s, 0, j, w) + (s->parts > 1 ? weight_at(s, 1, j, w) : 0);
        for (int64_t j = s->count; j < up(s->count); j++)
            for (int64_t p = 0; p < s->parts; p++)
                NOTE(worst, excess(weight_at(s, p, j, w), 0, 0), "weight %lld behind %lld scores", (long long)j,
                     (long long)s->count);
        s->columns[w].maximum = s->maximum.x[w], s->columns[w].total = s->total.x[w];
        s->columns[w].shrink = s->shrink.x[w];
        column_check(&s->columns[w], weights, worst, kind_names[s->kinds[w]]);
    }
}

static void check_softmax(const struct table *table, struct step *s, struct rng *rng, struct worst *worst) {
    static float before[MOST_COUNT * WIDEST];
    make(s, rng);
    memcpy(before, s->scores.x, (size_t)s->scores.n * sizeof *before);
    table->kernels->matrix->softmax(s->weights.x, s->part_step, s->scores.x, s->width, s->count, s->maximum.x,
                                    s->total.x, s->shrink.x, s->parts);
    check(s, worst);
    NOTE(worst, memcmp(before, s->scores.x, (size_t)s->scores.n * sizeof *before) ? INFINITY : 0,
         "scores, which are only read");
    struct row *all[] = {&s->weights.row, &s->scores, &s->maximum, &s->total, &s->shrink};
    for (int i = 0; i < 5; i++) {
        NOTE(worst, row_is_alone(all[i]) ? 0 : INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void test_softmax(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {103};
    struct step s;
    for (s.width = 16; s.width <= 32; s.width += 16)
        for (s.parts = 1; s.parts <= 2; s.parts++)
            for (s.count = 0; s.count <= MOST_COUNT; s.count++)
                for (int repeat = 0; repeat < 4; repeat++) {
                    s.side = repeat % 2 ? AT_END : AT_START;
                    check_softmax(table, &s, &rng, &worst);
                }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(matrix_softmax, one_step) {
    for_each_matrix_table(test_softmax);
}
