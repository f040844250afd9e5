/* The kernels of a single row have the bits of a column of the lane kernels: every array right in front of a guard
 * page. Only few_dots has an order of its own.
 * SPDX-License-Identifier: MIT */
#include "kernel/softmax_step.h"
#include "kernel/tables.h"
#include "selfattn.h"
#include "support/half.h"

#include <criterion/criterion.h>
#include <math.h>

enum { MOST_UNIT = 16 };

/* A column of the lane kernels beside a single row. */
struct twin {
    struct row lanes, single;
    int64_t unit;
};

static struct twin twin_random(int64_t n, int64_t unit, struct rng *rng) {
    static const float specials[] = {INFINITY, -INFINITY, NAN, 0x1p-149f, 1e18f};
    struct twin t = {
        .lanes = row_random(n * unit, AT_END, rng, specials, 5), .single = row_make(n, AT_END), .unit = unit};
    for (int64_t i = 0; i < n; i++) t.single.x[i] = t.lanes.x[i * unit];
    return t;
}

static int64_t twin_wrong(struct twin *t) {
    int64_t wrong = !row_is_alone(&t->single);
    for (int64_t i = 0; i < t->single.n; i++) wrong += !same(t->single.x[i], t->lanes.x[i * t->unit]);
    return wrong;
}

static void twin_free(struct twin *t) {
    row_free(&t->lanes);
    row_free(&t->single);
}

/* Maximum and total before a step. */
static void start(struct twin *maximum, struct twin *total, struct rng *rng) {
    for (int64_t w = 0; w < maximum->unit; w++) column_start(rng, &maximum->lanes.x[w], &total->lanes.x[w]);
    maximum->single.x[0] = maximum->lanes.x[0], total->single.x[0] = total->lanes.x[0];
}

/* Scores, softmax and weighted sums of `count` keys and values of D elements. */
static int64_t check_step(const struct kernels *k, int64_t D, int64_t count, struct rng *rng) {
    const struct lane_kernels *l = k->lanes, *s = k->single;
    const int64_t unit = l->unit, chain = rng_below(rng, 2) ? CHAIN_UNIT : 512;
    struct twin query = twin_random(D, unit, rng), scores = twin_random(count, unit, rng),
                sums = twin_random(D, unit, rng), maximum = twin_random(1, unit, rng),
                total = twin_random(1, unit, rng), shrink = twin_random(1, unit, rng);
    struct row keys = row_random(count * D, AT_END, rng, NULL, 0), values = row_random(count * D, AT_END, rng, NULL, 0);
    start(&maximum, &total, rng);
    l->scores(scores.lanes.x, unit, query.lanes.x, D, chain, keys.x, D, count);
    s->few_scores(scores.single.x, query.single.x, D, chain, keys.x, SA_F32, D, count, 1);
    int64_t wrong = twin_wrong(&scores);
    l->softmax(scores.lanes.x, unit, count, maximum.lanes.x, total.lanes.x, shrink.lanes.x);
    s->softmax(scores.single.x, 1, count, maximum.single.x, total.single.x, shrink.single.x);
    l->weigh(sums.lanes.x, unit, D, shrink.lanes.x, scores.lanes.x, count, values.x, D);
    s->few_weigh(sums.single.x, total.single.x, D, shrink.single.x, scores.single.x, count, values.x, SA_F32, D, 1);
    struct twin *all[] = {&query, &scores, &sums, &maximum, &total, &shrink};
    for (int i = 1; i < 6; i++) wrong += twin_wrong(all[i]);
    for (int i = 0; i < 6; i++) twin_free(all[i]);
    row_free(&keys);
    row_free(&values);
    return wrong;
}

static int64_t check_merge(const struct kernels *k, int64_t D, int64_t count, struct rng *rng) {
    const int64_t unit = k->lanes->unit;
    struct twin sums = twin_random(D, unit, rng), maximum = twin_random(1, unit, rng),
                total = twin_random(1, unit, rng), sums2 = twin_random(D, unit, rng),
                maximum2 = twin_random(1, unit, rng), total2 = twin_random(1, unit, rng);
    (void)count;
    start(&maximum, &total, rng);
    start(&maximum2, &total2, rng);
    k->lanes->merge(sums.lanes.x, maximum.lanes.x, total.lanes.x, sums2.lanes.x, maximum2.lanes.x, total2.lanes.x, unit,
                    D);
    k->single->merge(sums.single.x, maximum.single.x, total.single.x, sums2.single.x, maximum2.single.x,
                     total2.single.x, 1, D);
    struct twin *all[] = {&sums, &maximum, &total, &sums2, &maximum2, &total2};
    int64_t wrong = 0;
    for (int i = 0; i < 6; i++) wrong += twin_wrong(all[i]);
    for (int i = 0; i < 6; i++) twin_free(all[i]);
    return wrong;
}

/* Numbers that rules add, keys that are hidden, and the exponentials of a second pass. */
static int64_t check_rules(const struct kernels *k, int64_t D, int64_t count, struct rng *rng) {
    const int64_t unit = k->lanes->unit, step = unit;
    struct twin scores = twin_random(count, unit, rng), first = twin_random(1, unit, rng),
                last = twin_random(1, unit, rng);
    struct row strip = row_random(count * step + unit, AT_END, rng, NULL, 0);
    const float *begin = strip.x + count * step;
    (void)D;
    first.single.x[0] = first.lanes.x[0] = (float)rng_below(rng, count + 1);
    last.single.x[0] = last.lanes.x[0] = (float)rng_below(rng, count + 1);
    k->lanes->add_strip(scores.lanes.x, unit, count, begin, step);
    k->single->add_strip(scores.single.x, 1, count, begin, step);
    int64_t wrong = twin_wrong(&scores);
    k->lanes->hide(scores.lanes.x, unit, count, first.lanes.x, last.lanes.x);
    k->single->hide(scores.single.x, 1, count, first.single.x, last.single.x);
    wrong += twin_wrong(&scores);
    k->lanes->exp(scores.lanes.x, unit, count, first.lanes.x, last.lanes.x);
    k->single->exp(scores.single.x, 1, count, first.single.x, last.single.x);
    wrong += twin_wrong(&scores);
    struct twin *all[] = {&scores, &first, &last};
    for (int i = 0; i < 3; i++) twin_free(all[i]);
    row_free(&strip);
    return wrong;
}

/* Into a row and out of it, as floats and as halves. */
static int64_t check_packing(const struct kernels *k, int64_t D, int64_t count, struct rng *rng) {
    const int32_t dtype = count % 2 ? SA_BF16 : SA_F16;
    struct twin sums = twin_random(D, k->lanes->unit, rng);
    struct row out = row_make(D, AT_END), want = row_make(D, AT_END), bias = row_random(D, AT_END, rng, NULL, 0);
    uint16_t halves[2][64];
    const float factor[MOST_UNIT] = {0.3f}, *added = count % 3 ? bias.x : NULL;
    k->single->pack(out.x, 1, sums.single.x, D, 1, D, 0.125f);
    int64_t wrong = !row_is_alone(&out);
    for (int64_t d = 0; d < D; d++) wrong += !same(out.x[d], sums.single.x[d] * 0.125f);
    k->lanes->unpack(want.x, D, sums.lanes.x, k->lanes->unit, 1, D, factor, added);
    k->single->unpack(out.x, D, sums.single.x, 1, 1, D, factor, added);
    k->lanes->unpack_half(halves[0], dtype, D, sums.lanes.x, k->lanes->unit, 1, D, factor);
    k->single->unpack_half(halves[1], dtype, D, sums.single.x, 1, 1, D, factor);
    for (int64_t d = 0; d < D; d++)
        wrong += !same(out.x[d], want.x[d]) +
                 !same((float)half_value(halves[0][d], dtype), (float)half_value(halves[1][d], dtype));
    wrong += !row_is_alone(&out);
    twin_free(&sums);
    struct row *all[] = {&out, &want, &bias};
    for (int i = 0; i < 3; i++) row_free(all[i]);
    return wrong;
}

/* Dot products of any type against double. Each of at most D roundings is of a partial sum. */
static int64_t check_dots(const struct kernels *k, int64_t D, int64_t count, struct rng *rng) {
    const int32_t dtype = count % 3 == 0 ? SA_F32 : count % 3 == 1 ? SA_BF16 : SA_F16;
    const int64_t ld = D + rng_below(rng, 3), n = count ? (count - 1) * ld + D : 0;
    struct row query = row_random(D, AT_END, rng, NULL, 0), keys = row_random(n, AT_END, rng, NULL, 0),
               typed = row_make((n + 1) / 2, AT_END), scores = row_make(count, AT_END);
    uint16_t *half = (uint16_t *)(void *)typed.x + n % 2;
    int64_t wrong = 0;
    for (int64_t i = 0; dtype != SA_F32 && i < n; i++) {
        half[i] = half_nearest(keys.x[i], dtype);
        keys.x[i] = (float)half_value(half[i], dtype);
    }
    k->single->few_dots(scores.x, query.x, D, dtype == SA_F32 ? (const void *)keys.x : half, dtype, ld, count);
    for (int64_t j = 0; j < count; j++) {
        double sum = 0, size = 0;
        for (int64_t d = 0; d < D; d++) sum += (double)keys.x[j * ld + d] * query.x[d];
        for (int64_t d = 0; d < D; d++) size += fabs((double)keys.x[j * ld + d] * query.x[d]);
        wrong += !(fabs(scores.x[j] - sum) <= (double)(D + 1) * 0x1p-24 * size);
    }
    wrong += !row_is_alone(&scores);
    struct row *all[] = {&query, &keys, &typed, &scores};
    for (int i = 0; i < 4; i++) row_free(all[i]);
    return wrong;
}

static void for_each_size(const struct table *table,
                          int64_t (*check)(const struct kernels *, int64_t, int64_t, struct rng *)) {
    static const int64_t sizes[] = {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64},
                         counts[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 64};
    struct rng rng = {91};
    if (!table->kernels->single->few) return; /* plain C has the same functions for every width */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            int64_t wrong = check(table->kernels, sizes[i], counts[c], &rng);
            EXPECT(wrong == 0, "%s: %lld of %lld elements, %lld keys are wrong", table->name, (long long)wrong,
                   (long long)sizes[i], (long long)counts[c]);
        }
}

#define TEST_OF_SINGLE(name)                                                                                           \
    static void test_##name(const struct table *table) {                                                               \
        for_each_size(table, check_##name);                                                                            \
    }                                                                                                                  \
    Test(single, name) {                                                                                               \
        for_each_table(test_##name);                                                                                   \
    }
TEST_OF_SINGLE(step)
TEST_OF_SINGLE(merge)
TEST_OF_SINGLE(rules)
TEST_OF_SINGLE(packing)
TEST_OF_SINGLE(dots)
