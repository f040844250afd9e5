/* Every exponential of the kernels over the whole range of floats: the worst error in units of the last place against
 * the C library's in long double, exactly 0 at -infinity, NaN for every kind of NaN. Floats are taken in steps; with
 * SELFATTN_TEST_LONG=1 all of them.
 *
 * Softmax never asks for exp of a number above 0, but tanh does, up to 20.
 * SPDX-License-Identifier: MIT */
#include "base/half.h"
#include "cpu/cpu.h"
#include "kernel/bf16.h"
#include "selfattn.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1536 }; /* a multiple of every kernel's width */

/* A kernel as exp() of a batch; its bound: `units` of the last place, and a relative error with a `slope` in |x|; and
 * the largest argument that it is meant for. */
struct way {
    const char *name;
    void (*run)(const struct kernels *k, float *e, const float *x);
    double units, relative, slope;
    float largest;
    int matrix;
};

static void by_rows(const struct kernels *k, float *e, const float *x) {
    memcpy(e, x, BATCH * sizeof *e);
    k->rows->exp_sum(e, BATCH, 0);
}

static void by_lanes(const struct kernels *k, float *e, const float *x) {
    static const float base[64];
    float one[64];
    for (int i = 0; i < 64; i++) one[i] = 1;
    memcpy(e, x, BATCH * sizeof *e);
    k->lanes->exp(e, k->lanes->most_width, BATCH / k->lanes->most_width, base, one);
}

/* The total of a single score is its exponential, in one part rounded to bf16. */
static void by_matrix(const struct kernels *k, float *e, const float *x, int64_t parts) {
    uint16_t weights[2 * MATRIX_UNIT * MATRIX_UNIT];
    float scores[BATCH];
    memset(e, 0, BATCH * sizeof *e);
    for (int i = 0; i < BATCH; i++) scores[i] = matrix_score(x[i]);
    for (int i = 0; i < BATCH; i += MATRIX_UNIT) {
        float maximum[MATRIX_UNIT] = {0}, shrink[MATRIX_UNIT];
        k->matrix->softmax(weights, MATRIX_UNIT * MATRIX_UNIT, scores + i, MATRIX_UNIT, 1, maximum, e + i, shrink,
                           parts);
    }
}

static void in_one_part(const struct kernels *k, float *e, const float *x) {
    by_matrix(k, e, x, 1);
}

static void in_two_parts(const struct kernels *k, float *e, const float *x) {
    by_matrix(k, e, x, 2);
}

/* To round a weight to bf16 takes half a unit of its last place, which is 2^16 units of a float's. */
static const struct way ways[] = {
    {"rows", by_rows, 1, 0, 0, 40, 0},
    {"lanes", by_lanes, 0, 0x1p-22, 0x1p-25, 0, 0},
    {"two parts", in_two_parts, 0, 0x1p-22, 0x1p-25, 0, 1},
    {"one part", in_one_part, 0x1p15, 0x1p-12, 0, 0, 1},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* The unit of the last place of a float that is about `exact`, a normal number. */
static double unit_of(long double exact) {
    double value = (double)exact;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return ldexp(1, (int)(bits >> 52) - 1023 - (FLT_MANT_DIG - 1));
}

struct batch {
    float x[BATCH];
    long double exact[BATCH];
    double unit[BATCH];
};

struct result {
    double units;  /* worst error */
    double excess; /* as a multiple of its bound, where that is worst; 0 and NaN have to be exact */
    float units_at, excess_at;
};

static void judge(const struct way *way, const struct batch *b, int i, float got, struct result *r) {
    float x = b->x[i];
    double units = 0, error;
    if (isnan(x) || x == -INFINITY) {
        error = excess(got, (double)b->exact[i], 0);
    } else if (b->exact[i] < (long double)FLT_MIN) {
        error = got >= 0 ? excess(got, (double)b->exact[i], FLT_MIN) : INFINITY;
    } else {
        double exact = (double)b->exact[i], unit = b->unit[i], off = fabs((double)(got - b->exact[i]));
        units = off / unit;
        error = off / (way->units * unit + (way->relative + way->slope * fabs((double)x)) * exact);
    }
    if (!(units <= r->units)) r->units = units, r->units_at = x;
    if (!(error <= r->excess)) r->excess = error, r->excess_at = x;
}

enum { MOST_TABLES = ISAS + 1 }; /* one per instruction set, and plain C */
static struct table tables[MOST_TABLES];
static int tables_count;
static struct result results[MOST_TABLES][WAYS];

static void remember(const struct table *table) {
    tables[tables_count++] = *table;
}

static void run_batch(const struct batch *b, int count) {
    static float e[BATCH];
    for (int t = 0; t < tables_count; t++)
        for (int w = 0; w < WAYS; w++) {
            if (ways[w].matrix && !tables[t].kernels->matrix) continue;
            ways[w].run(tables[t].kernels, e, b->x);
            for (int i = 0; i < count; i++)
                if (!(b->x[i] > ways[w].largest)) judge(&ways[w], b, i, e[i], &results[t][w]);
        }
}

/* Floats by their bits, from `first` to `last` and that one too. */
static void walk(uint32_t first, uint32_t last) {
    static struct batch b;
    const char *text = getenv("SELFATTN_TEST_LONG");
    uint64_t step = text && *text && strcmp(text, "0") != 0 ? 1 : 401;
    for (uint64_t bits = first; bits <= last;) {
        int count = 0;
        for (; count < BATCH && bits <= last; count++) {
            b.x[count] = float_of_bits((uint32_t)bits);
            b.exact[count] = expl((long double)b.x[count]);
            b.unit[count] = unit_of(b.exact[count]);
            bits = bits < last && bits + step > last ? last : bits + step;
        }
        run_batch(&b, count);
    }
}

static void expect_within_bounds(int print) {
    for (int t = 0; t < tables_count; t++)
        for (int w = 0; w < WAYS; w++) {
            const struct result *r = &results[t][w];
            if (ways[w].matrix && !tables[t].kernels->matrix) continue;
            if (print)
                fprintf(stderr, "exp by %s, %s: at most %.2f ULP off, at %a\n", ways[w].name, tables[t].name, r->units,
                        (double)r->units_at);
            EXPECT(r->excess <= 1, "exp by %s, %s: %g times the bound at %a", ways[w].name, tables[t].name, r->excess,
                   (double)r->excess_at);
        }
}

static const uint32_t MINUS_0 = 0x80000000u, MINUS_INFINITY = 0xff800000u, PLUS_40 = 0x42200000u,
                      PLUS_INFINITY = 0x7f800000u, LAST_NAN = 0x7fffffffu;

Test(exp_range, below_0) {
    for_each_table(remember);
    walk(MINUS_0, MINUS_INFINITY);
    expect_within_bounds(1);
}

Test(exp_range, above_0) {
    for_each_table(remember);
    walk(0, PLUS_40);
    expect_within_bounds(0);
}

Test(exp_range, nan) {
    for_each_table(remember);
    walk(PLUS_INFINITY + 1, LAST_NAN);
    walk(MINUS_INFINITY + 1, MINUS_0 | LAST_NAN);
    expect_within_bounds(0);
}
