/* Every kernel table that this machine can run, memory to run it on, and the largest error met.
 *
 * What kernel.h calls exact is compared bit for bit with the plain C table; everything else, the plain C table too,
 * with a computation in double precision.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_KERNEL_TABLES_H
#define TESTS_KERNEL_TABLES_H

#include "kernel/kernel.h"
#include "support/random.h"

#include <stdio.h>

/* Longest row of the exhaustive tests: twice around the widest inner loop, four registers of 16 floats, and one more.
 */
enum { LONGEST = 2 * 16 * 4 + 1 };

/* Criterion takes its time over each assertion that passes, and these tests make a million. */
#define EXPECT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) cr_expect_fail(__VA_ARGS__);                                                                 \
    } while (0)

struct table {
    const char *name; /* "avx2" */
    const struct kernels *kernels;
};

/* Calls test(table) for every table, or every one that has matrix kernels; says by name which are skipped, and why. */
void for_each_table(void (*test)(const struct table *table));
void for_each_matrix_table(void (*test)(const struct table *table));

/* Where a row lies; an offset from 0 on is a number of floats behind an address that is aligned to 64 bytes. */
enum { AT_END = -1 /* right in front of a guard page */, AT_START = -2 /* right behind one */ };

/* A row of n floats beside stretches that must keep their value. */
struct row {
    float *x;
    int64_t n;
    float *block, *pages;
    int64_t floats;
};
struct row row_make(int64_t n, int64_t offset);

/* The same filled with normal numbers, every eighth of which is replaced by one of `specials` if there are any. */
struct row row_random(int64_t n, int64_t offset, struct rng *rng, const float *specials, int count);

/* Whether nothing around the row was written. */
int row_is_alone(const struct row *row);
void row_free(struct row *row);

/* The same number bit for bit, or both NaN. */
int same(float a, float b);

/* |got - exact| as a multiple of `bound`; infinite where NaN or an infinity stands on one side only. */
double excess(double got, double exact, double bound);

/* The error of `got` as lane kernels' exp(x), as a multiple of the bound in kernel.h and these ones, a relative and an
 * absolute one. */
double exp_excess(double got, float x, double relative, double absolute);

/* The largest of many errors, each a multiple of what is allowed, and where it was met. */
struct worst {
    double excess;
    char where[200];
};

#define NOTE(worst, error, ...)                                                                                        \
    do {                                                                                                               \
        double error_here = (error);                                                                                   \
        if (error_here > (worst)->excess) {                                                                            \
            (worst)->excess = error_here;                                                                              \
            snprintf((worst)->where, sizeof(worst)->where, __VA_ARGS__);                                               \
        }                                                                                                              \
    } while (0)

#define EXPECT_WITHIN_BOUNDS(worst, table)                                                                             \
    EXPECT((worst)->excess <= 1, "%s: error of %g times its bound at %s", (table)->name, (worst)->excess,              \
           (worst)->where)

#endif
