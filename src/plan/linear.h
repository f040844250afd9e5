/* A linear map as a model stores it: y = x W^T + b.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_LINEAR_H
#define SA_PLAN_LINEAR_H

#include "base/quantised.h"
#include "kernel/kernel.h"

/* weights[o * ld + i] for output o < out and input i < in, elements of `dtype`. bias may be NULL. Rows of a quantised
 * type are whole blocks, and ld is in. */
struct linear {
    const void *weights;
    int32_t dtype; /* SA_F32, SA_BF16, SA_F16 or a quantised type */
    int64_t in, out, ld;
    const float *bias;
    const uint16_t *packed; /* as linear_pack() leaves the weights; NULL: not packed */
    int64_t packed_parts;
};

static inline const void *linear_row(const struct linear *l, int64_t o) {
    return (const char *)l->weights + o * weight_bytes(l->dtype, l->ld);
}

/* Writes the weights of output o for inputs first .. first + n as floats. `first` is a multiple of MOST_BLOCK_ELEMENTS;
 * so is n, or the row ends there. */
void linear_widen(const struct linear *linear, const struct kernels *kernels, int64_t o, int64_t first, int64_t n,
                  float *to);

/* Writes the weights to `to`: MATRIX_UNIT outputs after the other as matrix_pack_queries() leaves them, out and in
 * padded to MATRIX_UNIT. */
void linear_pack(const struct linear *linear, uint16_t *to, const struct kernels *kernels, int64_t parts);

#endif
