/* Operands of the matrix kernels: arrays of bf16 in guarded memory.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_KERNEL_BF16_H
#define TESTS_KERNEL_BF16_H

#include "kernel/tables.h"
#include "selfattn.h"
#include "support/half.h"

#include <string.h>

/* n bf16, an even number. */
struct bf16_row {
    struct row row;
    uint16_t *x;
};

static inline struct bf16_row bf16_make(int64_t n, int64_t side) {
    struct bf16_row b = {.row = row_make(n / 2, side)};
    b.x = (uint16_t *)b.row.x;
    return b;
}

/* Quicker than half_value(), for the inner loops of tests. */
static inline double bf16_at(const uint16_t *x, int64_t i) {
    uint32_t bits = (uint32_t)x[i] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The score as the kernels in front of matrix_softmax leave it: a NaN whose bits 15 to 21 are all ones becomes another.
 */
static inline float matrix_score(float score) {
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    if ((bits & 0x7fbf8000u) == 0x7fbf8000u) bits &= ~0x8000u;
    memcpy(&score, &bits, sizeof bits);
    return score;
}

#endif
