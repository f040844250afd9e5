/* Every kernel table that this machine can run.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_KERNEL_TABLES_H
#define TESTS_KERNEL_TABLES_H

#include "kernel/kernel.h"

/* Longest row of the exhaustive tests: twice around the widest inner loop, four registers of 16 floats, and one more. */
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

/* Calls test(table) for every table; says by name which are skipped, and why. */
void for_each_table(void (*test)(const struct table *table));

/* A row of n floats between two stretches that must keep their value. With `offset` below 0 it ends right in front of a
 * guard page; else it begins `offset` floats behind an address that is aligned to 64 bytes. */
struct row {
    float *x;
    int64_t n;
    float *block;
    int64_t floats;
};
struct row row_make(int64_t n, int64_t offset);

/* Whether nothing around the row was written. */
int row_is_alone(const struct row *row);
void row_free(struct row *row);

#endif
