/* ALiBi's slopes, T5's distances and sinusoids against published numbers and the formulas of the models' own code.
 * SPDX-License-Identifier: MIT */
#include "selfattn.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void expect_refused(sa_status status, const char *words) {
    cr_expect_eq(status, SA_ERR_VALUE, "status %d, want \"%s\"", status, words);
    cr_expect(strstr(sa_ctx_last_error(NULL), words), "\"%s\" does not say \"%s\"", sa_ctx_last_error(NULL), words);
}

/* ---- ALiBi */

/* Press et al.'s get_slopes(): negative exponents of two, in halves. */
static void expect_slopes(int heads, const double *exponents) {
    float slopes[32];
    cr_assert_eq(sa_alibi_slopes(heads, slopes), SA_OK, "%s", sa_ctx_last_error(NULL));
    for (int h = 0; h < heads; h++)
        cr_expect(fabs((double)slopes[h] - exp2(-exponents[h])) <= 1e-7 * exp2(-exponents[h]),
                  "head %d of %d: %.9g, want 2^-%g", h, heads, (double)slopes[h], exponents[h]);
}

Test(positions, alibi_slopes) {
    expect_slopes(1, (double[]){8});
    expect_slopes(2, (double[]){4, 8});
    expect_slopes(3, (double[]){4, 8, 2});
    expect_slopes(6, (double[]){2, 4, 6, 8, 1, 3});
    expect_slopes(8, (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    expect_slopes(12, (double[]){1, 2, 3, 4, 5, 6, 7, 8, .5, 1.5, 2.5, 3.5});
    expect_slopes(16, (double[]){.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8});
    expect_slopes(20, (double[]){.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, .25, .75, 1.25, 1.75});
}

Test(positions, alibi_refuses) {
    float slopes[1];
    expect_refused(sa_alibi_slopes(0, slopes), "heads is 0, must be at least 1");
    expect_refused(sa_alibi_slopes(-1, slopes), "heads is -1");
    cr_expect_eq(sa_alibi_slopes(1, NULL), SA_ERR_NULL);
}

/* ---- T5 */

/* The first distances of the buckets behind the exact ones. In T5's models: 32 buckets, 128 positions. */
static const int64_t encoder_bounds[] = {8, 12, 16, 23, 32, 46, 64, 91};
static const int64_t decoder_bounds[] = {16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113};

/* Bucket of a distance >= 0, of which `exact` have their own. */
static int64_t bucket_of(int64_t distance, int64_t exact, const int64_t *bounds, int count) {
    if (distance < exact) return distance;
    int64_t bucket = exact - 1;
    for (int i = 0; i < count; i++) bucket += bounds[i] <= distance;
    return bucket;
}

/* Formula of T5's code in exact arithmetic, but for ties, which it rounds to the farther bucket. */
static int64_t formula(int64_t distance, int64_t buckets, int64_t max_distance) {
    int64_t exact = buckets / 2;
    if (distance < exact) return distance;
    double share = log((double)distance / (double)exact) / log((double)max_distance / (double)exact);
    int64_t bucket = exact + (int64_t)(share * (double)(buckets - exact) + 1e-9);
    return bucket < buckets ? bucket : buckets - 1;
}

/* bias[h][d] names head and bucket. */
static float *distances(int64_t buckets, int64_t heads, int64_t max_distance, int bidirectional) {
    float *table = malloc((size_t)(buckets * heads) * sizeof *table);
    float *bias = malloc((size_t)(heads * (2 * max_distance + 1)) * sizeof *bias);
    for (int64_t i = 0; i < buckets * heads; i++) {
        int64_t bucket = i / heads;
        table[i] = (float)(i % heads * 1000 + bucket);
    }
    cr_assert_eq(sa_t5_distances(table, buckets, heads, max_distance, bidirectional, bias), SA_OK, "%s",
                 sa_ctx_last_error(NULL));
    free(table);
    return bias;
}

Test(positions, t5_buckets_are_the_models) {
    enum { BUCKETS = 32, REACH = 128, HEADS = 3 };
    float *encoder = distances(BUCKETS, HEADS, REACH, 1), *decoder = distances(BUCKETS, HEADS, REACH, 0);
    int wrong = 0;
    for (int h = 0; h < HEADS; h++)
        for (int d = -REACH; d <= REACH; d++) {
            int64_t at = h * (2 * REACH + 1) + REACH + d, past = d < 0 ? -d : 0;
            int64_t side = bucket_of(abs(d), 8, encoder_bounds, COUNT(encoder_bounds)) + (d > 0 ? BUCKETS / 2 : 0);
            wrong += encoder[at] != (float)(h * 1000 + side);
            wrong += decoder[at] != (float)(h * 1000 + bucket_of(past, 16, decoder_bounds, COUNT(decoder_bounds)));
        }
    cr_expect_eq(wrong, 0, "%d distances are in another bucket", wrong);
    free(encoder);
    free(decoder);
}

Test(positions, t5_buckets_of_any_number) {
    const int64_t cases[][2] = {{4, 3},   {4, 1000}, {8, 5},    {8, 20},   {16, 17},
                                {32, 20}, {32, 256}, {64, 128}, {320, 800}};
    for (int i = 0; i < COUNT(cases); i++)
        for (int bidirectional = 0; bidirectional < 2; bidirectional++) {
            int64_t buckets = cases[i][0], reach = cases[i][1], each = bidirectional ? buckets / 2 : buckets, wrong = 0;
            if (reach <= each / 2) continue;
            float *bias = distances(buckets, 1, reach, bidirectional);
            for (int64_t d = -reach; d <= reach; d++) {
                int64_t far = bidirectional && d > 0 ? d : d < 0 ? -d : 0;
                int64_t want = formula(far, each, reach) + (bidirectional && d > 0 ? each : 0);
                wrong += bias[reach + d] != (float)want;
            }
            cr_expect_eq(wrong, 0, "%lld buckets, %lld positions, bidirectional %d: %lld are wrong", (long long)buckets,
                         (long long)reach, bidirectional, (long long)wrong);
            free(bias);
        }
}

Test(positions, t5_refuses) {
    float table[64] = {0}, bias[64];
    expect_refused(sa_t5_distances(table, 8, 0, 16, 0, bias), "heads is 0, must be at least 1");
    expect_refused(sa_t5_distances(table, 3, 1, 16, 0, bias), "buckets is 3, must be at least 4");
    expect_refused(sa_t5_distances(table, 7, 1, 16, 1, bias), "buckets is 7");
    expect_refused(sa_t5_distances(table, 8, 1, 16, 2, bias), "bidirectional is 2");
    expect_refused(sa_t5_distances(table, 8, 1, 16, -1, bias), "bidirectional is -1");
    expect_refused(sa_t5_distances(table, 8, 1, 4, 0, bias), "max_distance is 4, must be above 4");
    expect_refused(sa_t5_distances(table, 8, 1, 2, 1, bias), "max_distance is 2, must be above 2");
    expect_refused(sa_t5_distances(table, 8, 1, (1 << 20) + 1, 0, bias), "max_distance is 1048577");
    expect_refused(sa_t5_distances(table, INT64_MAX, 1, 16, 0, bias), "max_distance is 16");
    cr_expect_eq(sa_t5_distances(NULL, 8, 1, 16, 0, bias), SA_ERR_NULL);
    cr_expect_eq(sa_t5_distances(table, 8, 1, 16, 0, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_t5_distances(table, 7, 1, 16, 0, bias), SA_OK, "odd numbers are fine where all are for the past");
}

/* ---- sinusoids */

/* Position p, column i of the paper's table. */
static double of_the_paper(int64_t p, int64_t i, int64_t width) {
    int64_t even = i - i % 2;
    double angle = (double)p / pow(10000, (double)even / (double)width);
    return i % 2 ? cos(angle) : sin(angle);
}

/* Marian's: sines of the even columns of the paper's table, then cosines of the odd ones. */
static double of_marian(int64_t p, int64_t i, int64_t width) {
    int64_t sines = width / 2 + width % 2;
    return of_the_paper(p, i < sines ? 2 * i : 2 * (i - sines) + 1, width);
}

/* Whisper's sinusoids(). */
static double of_whisper(int64_t p, int64_t i, int64_t width) {
    int64_t half = width / 2;
    double step = log(10000) / ((double)half - 1), angle = (double)p * exp(-step * (double)(i % half));
    return i < half ? sin(angle) : cos(angle);
}

static void expect_table(int64_t positions, int64_t width, int32_t style, double (*want)(int64_t, int64_t, int64_t)) {
    float *table = malloc((size_t)(positions * width) * sizeof *table);
    double worst = 0;
    cr_assert_eq(sa_sinusoidal_positions(positions, width, style, table), SA_OK, "%s", sa_ctx_last_error(NULL));
    for (int64_t p = 0; p < positions; p++)
        for (int64_t i = 0; i < width; i++) worst = fmax(worst, fabs((double)table[p * width + i] - want(p, i, width)));
    cr_expect(worst <= 6e-8, "style %d, width %lld: off by %g", style, (long long)width, worst);
    free(table);
}

Test(positions, sinusoids) {
    const int64_t widths[] = {1, 2, 3, 4, 7, 16, 64, 383, 512};
    for (int i = 0; i < COUNT(widths); i++) {
        expect_table(1000, widths[i], SA_SINUSOIDAL_PAIRS, of_the_paper);
        expect_table(1000, widths[i], SA_SINUSOIDAL_HALVES, of_marian);
        if (widths[i] >= 4 && widths[i] % 2 == 0) expect_table(1500, widths[i], SA_SINUSOIDAL_WHISPER, of_whisper);
    }
}

Test(positions, sinusoids_refuse) {
    float table[8];
    expect_refused(sa_sinusoidal_positions(-1, 4, SA_SINUSOIDAL_PAIRS, table), "positions is -1");
    expect_refused(sa_sinusoidal_positions(1, 0, SA_SINUSOIDAL_PAIRS, table), "width 0");
    expect_refused(sa_sinusoidal_positions(1, 4, 3, table), "style is 3");
    expect_refused(sa_sinusoidal_positions(1, 4, -1, table), "style is -1");
    expect_refused(sa_sinusoidal_positions(1, 5, SA_SINUSOIDAL_WHISPER, table), "width is 5, must be even");
    expect_refused(sa_sinusoidal_positions(1, 2, SA_SINUSOIDAL_WHISPER, table),
                   "width is 2, must be even and at least 4");
    cr_expect_eq(sa_sinusoidal_positions(1, 4, SA_SINUSOIDAL_PAIRS, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_sinusoidal_positions(0, 4, SA_SINUSOIDAL_PAIRS, table), SA_OK);
}
