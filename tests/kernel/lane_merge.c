/* Two results of the lane kernels over different keys as one, against the formula in double precision.
 * SPDX-License-Identifier: MIT */
#include "kernel/softmax_step.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MOST_DIMS = 40 };

struct merge {
    struct row sums, maximum, total, sums2, maximum2, total2, sums_before, maximum_before, total_before;
};

static void make(struct merge *m, int64_t width, int64_t Dv, int64_t side, struct rng *rng) {
    m->sums = row_random(width * Dv, side, rng, NULL, 0), m->sums2 = row_random(width * Dv, side, rng, NULL, 0);
    m->sums_before = row_make(width * Dv, side);
    struct row *of_width[] = {&m->maximum, &m->total, &m->maximum2, &m->total2, &m->maximum_before, &m->total_before};
    for (int i = 0; i < 6; i++) *of_width[i] = row_make(width, side);
    for (int64_t w = 0; w < width; w++) {
        column_start(rng, &m->maximum.x[w], &m->total.x[w]);
        column_start(rng, &m->maximum2.x[w], &m->total2.x[w]);
    }
    memcpy(m->sums_before.x, m->sums.x, (size_t)(width * Dv) * sizeof(float));
    memcpy(m->maximum_before.x, m->maximum.x, (size_t)width * sizeof(float));
    memcpy(m->total_before.x, m->total.x, (size_t)width * sizeof(float));
}

/* Column w: the result against both states before. */
static void check_column(const struct merge *m, int64_t width, int64_t Dv, int64_t w, struct worst *worst) {
    float a = m->maximum_before.x[w], b = m->maximum2.x[w], largest = a > b ? a : b;
    double fa = worth(a, largest), fb = worth(b, largest);
    double drop = fmin(90, fmax((double)largest - a, (double)largest - b)); /* exp's error grows with it */
    double relative = (4 + (a == b ? 0 : drop) / 4) * 0x1p-23;
    double total = m->total_before.x[w] * fa + m->total2.x[w] * fb;
    NOTE(worst, excess(m->maximum.x[w], largest, 0), "maxima %a and %a give %a", (double)a, (double)b,
         (double)m->maximum.x[w]);
    NOTE(worst, excess(m->total.x[w], total, total * relative), "maxima %a and %a: total %a, want %a", (double)a,
         (double)b, (double)m->total.x[w], total);
    for (int64_t i = w; i < width * Dv; i += width) {
        double first = m->sums_before.x[i] * fa, second = m->sums2.x[i] * fb;
        NOTE(worst, excess(m->sums.x[i], first + second, (fabs(first) + fabs(second)) * relative + 0x1p-149),
             "maxima %a and %a: sum %a, want %a", (double)a, (double)b, (double)m->sums.x[i], first + second);
    }
}

static void merge(const struct table *table, struct merge *m, int64_t width, int64_t Dv) {
    table->kernels->lanes->merge(m->sums.x, m->maximum.x, m->total.x, m->sums2.x, m->maximum2.x, m->total2.x, width,
                                 Dv);
}

static void release(struct merge *m, struct worst *worst) {
    struct row *all[] = {&m->sums,   &m->maximum,     &m->total,          &m->sums2,       &m->maximum2,
                         &m->total2, &m->sums_before, &m->maximum_before, &m->total_before};
    for (int i = 0; i < 9; i++) {
        NOTE(worst, row_is_alone(all[i]) ? 0 : INFINITY, "a place outside of array %d", i);
        row_free(all[i]);
    }
}

static void test_merge(const struct table *table) {
    struct worst worst = {0};
    struct rng rng = {67};
    for (int64_t width = table->kernels->lanes->unit; width <= table->kernels->lanes->most_width;
         width += table->kernels->lanes->unit)
        for (int64_t i = 0; i < 4 * MOST_DIMS; i++) {
            struct merge m;
            make(&m, width, i / 4, i % 2 ? AT_END : AT_START, &rng);
            merge(table, &m, width, i / 4);
            for (int64_t w = 0; w < width; w++) check_column(&m, width, i / 4, w, &worst);
            release(&m, &worst);
        }
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_merge, two_chunks_become_one) {
    for_each_table(test_merge);
}

/* The first chunk was seen by every other column alone, the second by the others: the result is what was seen, bit for
 * bit. */
static void test_unseen(const struct table *table) {
    int64_t width = table->kernels->lanes->most_width;
    struct worst worst = {0};
    struct rng rng = {68};
    struct merge m;
    make(&m, width, MOST_DIMS, AT_END, &rng);
    for (int64_t w = 0; w < width; w++) {
        float seen = rng_normal(&rng) * 40;
        m.maximum.x[w] = w % 2 ? seen : -INFINITY, m.maximum2.x[w] = w % 2 ? -INFINITY : seen;
        m.total.x[w] = w % 2 ? 1.5f : 0, m.total2.x[w] = w % 2 ? 0 : 1.5f;
    }
    for (int64_t i = 0; i < width * MOST_DIMS; i++) (i % width % 2 ? m.sums2.x : m.sums.x)[i] = 0;
    memcpy(m.sums_before.x, m.sums.x, (size_t)(width * MOST_DIMS) * sizeof(float));
    memcpy(m.maximum_before.x, m.maximum.x, (size_t)width * sizeof(float));
    merge(table, &m, width, MOST_DIMS);
    for (int64_t i = 0; i < width * MOST_DIMS; i++)
        NOTE(&worst, excess(m.sums.x[i], i % width % 2 ? m.sums_before.x[i] : m.sums2.x[i], 0), "sum %lld",
             (long long)i);
    for (int64_t w = 0; w < width; w++) {
        NOTE(&worst, excess(m.total.x[w], 1.5, 0), "total %lld", (long long)w);
        NOTE(&worst, excess(m.maximum.x[w], w % 2 ? m.maximum_before.x[w] : m.maximum2.x[w], 0), "maximum %lld",
             (long long)w);
    }
    release(&m, &worst);
    EXPECT_WITHIN_BOUNDS(&worst, table);
}

Test(lane_merge, an_unseen_chunk_changes_nothing) {
    for_each_table(test_unseen);
}
