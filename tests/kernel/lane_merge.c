/* Two results of the lane kernels over different keys as one, against the formula in double precision.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

enum { WIDEST = 48 };

/* A column's maximum and total so far: none, or any. */
static void start(struct rng *rng, float *maximum, float *total) {
    static const float maxima[] = {-INFINITY, 0, -30, 100, 3e38f, INFINITY};
    *maximum = maxima[rng_below(rng, 6)];
    *total = *maximum > -INFINITY ? 1 + fabsf(rng_normal(rng)) : 0;
}

/* What a sum against `from` is worth against `to`. */
static double worth(float from, float to) {
    return from < to ? fmax(exp((double)(from - to)), FLT_MIN) : 1;
}

static void check_merge(const struct table *table, int64_t width, int64_t Dv, int64_t side, struct rng *rng,
                        struct worst *worst) {
    struct row sums = row_random(width * Dv, side, rng, NULL, 0), more = row_random(width * Dv, side, rng, NULL, 0),
               first = row_make(width * Dv, side), maximum = row_make(width, side), total = row_make(width, side),
               maximum2 = row_make(width, side), total2 = row_make(width, side);
    memcpy(first.x, sums.x, (size_t)(width * Dv) * sizeof *first.x);
    float old[WIDEST][2];
    for (int64_t w = 0; w < width; w++) {
        start(rng, &maximum.x[w], &total.x[w]);
        start(rng, &maximum2.x[w], &total2.x[w]);
        old[w][0] = maximum.x[w], old[w][1] = total.x[w];
    }
    table->kernels->lane_merge(sums.x, maximum.x, total.x, more.x, maximum2.x, total2.x, width, Dv);
    for (int64_t w = 0; w < width; w++) {
        float largest = fmaxf(old[w][0], maximum2.x[w]), drop = fmaxf(largest - old[w][0], largest - maximum2.x[w]);
        double f = worth(old[w][0], largest), f2 = worth(maximum2.x[w], largest);
        double relative = (4 + (isfinite(drop) ? fmin((double)drop, 90) : 90) / 4) * 0x1p-23;
        NOTE(worst, excess(maximum.x[w], largest, 0), "maximum %a, want %a", (double)maximum.x[w], (double)largest);
        double exact = old[w][1] * f + total2.x[w] * f2;
        NOTE(worst, excess(total.x[w], exact, exact * relative), "total %a, want %a", (double)total.x[w], exact);
        for (int64_t i = w; i < width * Dv; i += width) {
            double a = first.x[i] * f, b = more.x[i] * f2;
            NOTE(worst, excess(sums.x[i], a + b, (fabs(a) + fabs(b)) * relative + 0x1p-149),
                 "sum %a, want %a, maxima %a %a", (double)sums.x[i], a + b, (double)old[w][0], (double)maximum2.x[w]);
        }
    }
    struct row *all[] = {&sums, &more, &first, &maximum, &total, &maximum2, &total2};
    for (int i = 0; i < 7; i++) {
        if (!row_is_alone(all[i])) NOTE(worst, INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void test_merge(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {67};
    for (int64_t width = table->kernels->lanes; width <= table->kernels->most_width; width += table->kernels->lanes)
        for (int64_t Dv = 0; Dv < 40; Dv++)
            for (int repeat = 0; repeat < 4; repeat++)
                check_merge(table, width, Dv, repeat % 2 ? AT_END : AT_START, &rng, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_merge, results_of_two_chunks_merge) {
    for_each_table(test_merge);
}
