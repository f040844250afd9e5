/* SPDX-License-Identifier: MIT */
#include "plan/linear.h"

#include "base/arith.h"

#include <string.h>

enum { CHUNK = 4 * MOST_BLOCK_ELEMENTS };

void linear_widen(const struct linear *l, const struct kernels *kernels, int64_t o, int64_t first, int64_t n,
                  float *to) {
    const char *from = (const char *)linear_row(l, o) + weight_bytes(l->dtype, first);
    if (is_quantised(l->dtype))
        kernels->quants->widen(to, from, l->dtype, n);
    else if (l->dtype == SA_F32)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        kernels->rows->load(to, from, l->dtype, n);
}

/* Converts a row of weights to floats in stretches that fit the buffer. */
static void pack_row(const struct linear *l, int64_t o, uint16_t *to, int64_t depth, int64_t part,
                     const struct kernels *kernels, int64_t parts) {
    float chunk[CHUNK];
    uint16_t packed[2 * CHUNK];
    for (int64_t i = 0; i < depth; i += CHUNK) {
        int64_t width = min_i64(CHUNK, depth - i), n = max_i64(min_i64(width, l->in - i), 0);
        if (n > 0) linear_widen(l, kernels, o, i, n, chunk);
        kernels->matrix->pack_rows(packed, 1, width, parts, chunk, SA_F32, 0, 1, n);
        for (int64_t p = 0; p < parts; p++)
            for (int64_t j = 0; j < width; j++) to[p * part + i + j] = packed[p * width + j];
    }
}

void linear_pack(const struct linear *l, uint16_t *to, const struct kernels *kernels, int64_t parts) {
    int64_t depth = round_up(l->in, MATRIX_UNIT), part = round_up(l->out, MATRIX_UNIT) * depth;
    for (int64_t o = 0; o < l->out; o++) pack_row(l, o, to + o * depth, depth, part, kernels, parts);
}
