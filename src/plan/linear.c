/* SPDX-License-Identifier: MIT */
#include "plan/linear.h"

#include "base/arith.h"

#include <string.h>

enum { CHUNK = MOST_BLOCK_ELEMENTS };

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

/* Packs MATRIX_UNIT outputs from output o on, in stretches of inputs that fit the buffers. */
static void pack_outputs(const struct linear *l, int64_t o, uint16_t *to, int64_t depth, const struct kernels *kernels,
                         int64_t parts) {
    float chunk[MATRIX_UNIT * CHUNK];
    uint16_t packed[2 * MATRIX_UNIT * CHUNK];
    int64_t rows = min_i64(MATRIX_UNIT, l->out - o);
    for (int64_t i = 0; i < depth; i += CHUNK) {
        int64_t width = min_i64(CHUNK, depth - i), n = max_i64(min_i64(width, l->in - i), 0);
        for (int64_t r = 0; n > 0 && r < rows; r++) linear_widen(l, kernels, o + r, i, n, chunk + r * n);
        kernels->matrix->pack_queries(packed, MATRIX_UNIT, width, parts, chunk, SA_F32, n, rows, n, 1);
        for (int64_t p = 0; p < parts; p++)
            memcpy(to + (p * depth + i) * MATRIX_UNIT, packed + p * width * MATRIX_UNIT,
                   (size_t)(width * MATRIX_UNIT) * sizeof *to);
    }
}

void linear_pack(const struct linear *l, uint16_t *to, const struct kernels *kernels, int64_t parts) {
    int64_t depth = round_up(l->in, MATRIX_UNIT);
    for (int64_t o = 0; o < l->out; o += MATRIX_UNIT) pack_outputs(l, o, to + parts * o * depth, depth, kernels, parts);
}
