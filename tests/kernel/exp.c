/* Rows of exponentials against the C library's in double precision, and the sum's independence of hidden keys.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

/* The error of `got` in units of the last place of the exact value, a normal number. */
static double ulps(float got, double exact) {
    int exponent;
    frexp(exact, &exponent);
    return fabs(got - exact) / ldexp(1, exponent - FLT_MANT_DIG);
}

/* Results below the smallest normal number may be 0. */
static int exp_is_right(float got, float x) {
    double exact = exp((double)x);
    if (isnan(x)) return isnan(got);
    if (exact < FLT_MIN) return got >= 0 && got <= FLT_MIN && (x > -INFINITY || got == 0);
    return ulps(got, exact) <= 1;
}

static float random_score(struct rng *rng, int kind) {
    static const float specials[] = {-INFINITY, -INFINITY, NAN, -FLT_MAX, -1e5f, -104, -88, -87.4f, -FLT_TRUE_MIN, 0};
    if (kind == 1) return -INFINITY;
    if (kind == 2 && rng_chance(rng, .3)) return specials[rng_below(rng, 10)];
    return rng_normal(rng) * 20;
}

/* Scores that are not above `max`. */
static void check_row(const struct table *table, int64_t n, int64_t offset, int kind, float max, struct rng *rng) {
    struct row row = row_make(n, offset);
    float from[LONGEST];
    double sum = 0;
    int wrong = 0;
    for (int64_t i = 0; i < n; i++) {
        float score = random_score(rng, kind);
        row.x[i] = score > max ? max : score;
        from[i] = row.x[i] - max;
    }
    float got = table->kernels->rows->exp_sum(row.x, n, max);
    for (int64_t i = 0; i < n; i++) {
        wrong += !exp_is_right(row.x[i], from[i]);
        sum += row.x[i];
    }
    int right_sum = isnan(sum) ? isnan(got) : fabs(got - sum) <= (double)n * FLT_EPSILON / 2 * sum;
    EXPECT(wrong == 0 && right_sum && row_is_alone(&row),
           "%s, n %lld, offset %lld, kind %d, max %g: %d wrong, sum %g, want %g", table->name, (long long)n,
           (long long)offset, kind, (double)max, wrong, (double)got, sum);
    row_free(&row);
}

static void test_rows(const struct table *table) {
    static const float maxima[] = {0, 3.5f, -40, 1e30f};
    struct rng rng = {17};
    for (int64_t n = 0; n <= LONGEST; n++)
        for (int64_t offset = AT_START; offset < 16; offset++)
            for (int kind = 0; kind < 3; kind++)
                for (int m = 0; m < 4; m++) check_row(table, n, offset, kind, maxima[m], &rng);
}

Test(exp, of_every_length_and_alignment) {
    for_each_table(test_rows);
}

/* The sum of n scores with hidden ones in front and behind. */
static float padded_sum(const struct table *table, const float *scores, int64_t n, int64_t front, int64_t behind) {
    struct row row = row_make(front + n + behind, AT_END);
    for (int64_t i = 0; i < row.n; i++) row.x[i] = -INFINITY;
    memcpy(row.x + front, scores, (size_t)n * sizeof *scores);
    float sum = table->kernels->rows->exp_sum(row.x, row.n, 1);
    row_free(&row);
    return sum;
}

static void test_hidden(const struct table *table) {
    struct rng rng = {23};
    float scores[LONGEST];
    for (int64_t n = 0; n <= LONGEST; n++) {
        for (int64_t i = 0; i < n; i++) scores[i] = -fabsf(rng_normal(&rng) * 3);
        float alone = padded_sum(table, scores, n, 0, 0);
        for (int64_t front = 0; front <= 4 * SUM_UNIT; front += SUM_UNIT)
            for (int64_t behind = 0; behind < 70; behind++) {
                float sum = padded_sum(table, scores, n, front, behind);
                EXPECT(!memcmp(&sum, &alone, sizeof sum),
                       "%s, n %lld: %a with %lld hidden before and %lld after, %a alone", table->name, (long long)n,
                       (double)sum, (long long)front, (long long)behind, (double)alone);
            }
    }
}

Test(exp, sum_does_not_depend_on_hidden_scores) {
    for_each_table(test_hidden);
}

/* The weight of a row's largest score, and what one that sees a single key sums up to. */
static void test_zero(const struct table *table) {
    const struct kernels *k = table->kernels;
    const int64_t width = k->lanes->unit, most = 64;
    float x[2] = {3.5f, 3.5f}, lanes[64], base[64], ones[64], maximum[64], total[64], shrink[64];
    cr_assert_leq(width, most);
    cr_expect_eq(k->rows->exp_sum(x, 2, 3.5f), 2, "%s: rows' total", table->name);
    cr_expect(x[0] == 1 && x[1] == 1, "%s: rows give %a", table->name, (double)x[0]);
    for (int64_t w = 0; w < width; w++) {
        lanes[w] = base[w] = (float)w - 2.25f;
        ones[w] = 1, maximum[w] = -INFINITY, total[w] = 0;
    }
    k->lanes->exp(lanes, width, 1, base, ones);
    for (int64_t w = 0; w < width; w++) {
        cr_expect_eq(lanes[w], 1, "%s: lanes give %a", table->name, (double)lanes[w]);
        lanes[w] = base[w];
    }
    k->lanes->softmax(lanes, width, 1, maximum, total, shrink);
    for (int64_t w = 0; w < width; w++)
        cr_expect(lanes[w] == 1 && total[w] == 1 && maximum[w] == base[w], "%s: softmax gives %a, total %a",
                  table->name, (double)lanes[w], (double)total[w]);
}

Test(exp, of_zero_is_exactly_one) {
    for_each_table(test_zero);
}

/* The first part of the weight is 1 and what is left of it 0. */
static void test_zero_of_matrix(const struct table *table) {
    enum { WIDTH = 16, ONE = 0x3f80 };
    const int64_t part = MATRIX_UNIT * WIDTH;
    for (int64_t parts = 1; parts <= 2; parts++) {
        uint16_t weights[2 * MATRIX_UNIT * WIDTH];
        float scores[WIDTH], maximum[WIDTH], total[WIDTH], shrink[WIDTH];
        for (int w = 0; w < WIDTH; w++) scores[w] = (float)w - 2.25f, maximum[w] = -INFINITY, total[w] = 0;
        table->kernels->matrix->softmax(weights, part, scores, WIDTH, 1, maximum, total, shrink, parts);
        for (int w = 0; w < WIDTH; w++)
            cr_expect(weights[2 * w] == ONE && (parts == 1 || weights[part + 2 * w] == 0) && total[w] == 1,
                      "%s, %d parts: weight %#x, total %a", table->name, (int)parts, weights[2 * w], (double)total[w]);
    }
}

Test(exp, of_zero_is_exactly_one_on_the_matrix_unit) {
    for_each_matrix_table(test_zero_of_matrix);
}
