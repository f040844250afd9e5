/* Transposition of all small matrices, with gaps between the rows on both sides.
 * SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include <criterion/criterion.h>

enum { MOST = 35 }; /* twice the widest register, and some */

/* Input and output end right in front of guard pages. */
static void check(const struct table *table, int64_t rows, int64_t columns, int64_t padded, int64_t ld,
                  int64_t stride) {
    struct row in = row_make(rows ? (rows - 1) * stride + columns : 0, -1);
    struct row out = row_make(columns ? (columns - 1) * ld + padded : 0, -1);
    int wrong = 0;
    for (int64_t i = 0; i < in.n; i++) in.x[i] = (float)(i + 1);
    for (int64_t i = 0; i < out.n; i++) out.x[i] = -7;
    table->kernels->transpose(out.x, ld, in.x, stride, rows, columns, padded);
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < ld && c * ld + r < out.n; r++)
            wrong += out.x[c * ld + r] != (r < rows ? in.x[r * stride + c] : r < padded ? 0 : -7);
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
                check(table, rows, columns, rows, rows + gap, columns + gap);
                check(table, rows, columns, whole, whole + gap, columns + 3 - gap);
                check(table, rows, columns, whole + 5, whole + 5 + gap, columns);
            }
}

Test(transpose, all_small_sizes) {
    for_each_table(test_sizes);
}
