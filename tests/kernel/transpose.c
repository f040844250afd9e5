/* Transposition of all small matrices, with gaps between the rows on both sides, and rows that run backwards or repeat.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MOST = 35 }; /* twice the widest register, and some */

/* Input and output end right in front of guard pages, or begin right behind them. */
static void check(const struct table *table, int64_t rows, int64_t columns, int64_t padded, int64_t ld, int64_t stride,
                  int64_t side) {
    struct row in = row_make(rows ? (rows - 1) * llabs(stride) + columns : 0, side);
    struct row out = row_make(columns ? (columns - 1) * ld + padded : 0, side);
    const float *first = rows && stride < 0 ? in.x - (rows - 1) * stride : in.x;
    int wrong = 0;
    for (int64_t i = 0; i < in.n; i++) in.x[i] = (float)(i + 1);
    for (int64_t i = 0; i < out.n; i++) out.x[i] = -7;
    table->kernels->rows->transpose(out.x, ld, first, stride, rows, columns, padded);
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < ld && c * ld + r < out.n; r++)
            wrong += out.x[c * ld + r] != (r < rows ? first[r * stride + c] : r < padded ? 0 : -7);
    EXPECT(wrong == 0 && row_is_alone(&out), "%s: %lld x %lld, padded %lld, ld %lld, stride %lld: %d wrong",
           table->name, (long long)rows, (long long)columns, (long long)padded, (long long)ld, (long long)stride,
           wrong);
    row_free(&in);
    row_free(&out);
}

static void test_sizes(const struct table *table) {
    for (int64_t rows = 0; rows <= MOST; rows++)
        for (int64_t columns = 0; columns <= MOST; columns++)
            for (int64_t gap = 0; gap <= 3; gap += 3) {
                int64_t whole = (rows + 15) / 16 * 16;
                check(table, rows, columns, rows, rows + gap, columns + gap, AT_END);
                check(table, rows, columns, whole, whole + gap, columns + 3 - gap, AT_START);
                check(table, rows, columns, whole + 5, whole + 5 + gap, columns, AT_END);
            }
}

Test(transpose, all_small_sizes) {
    for_each_table(test_sizes);
}

static void test_strides(const struct table *table) {
    for (int64_t rows = 1; rows <= MOST; rows += 2)
        for (int64_t columns = 1; columns <= MOST; columns += 3) {
            check(table, rows, columns, rows, rows, 0, AT_END);
            check(table, rows, columns, rows, rows, -columns, AT_START);
            check(table, rows, columns, rows + 3, rows + 4, -columns - 5, AT_END);
        }
}

Test(transpose, rows_backwards_and_repeated) {
    for_each_table(test_strides);
}
