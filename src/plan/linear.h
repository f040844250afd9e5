/* A linear map as a model stores it: y = x W^T + b.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_LINEAR_H
#define SA_PLAN_LINEAR_H

#include "kernel/kernel.h"

#include <stdint.h>

/* weights[o * ld + i] for output o < out and input i < in, elements of `dtype`. bias may be NULL. */
struct linear {
    const void *weights;
    int32_t dtype; /* SA_F32, SA_BF16 or SA_F16 */
    int64_t in, out, ld;
    const float *bias;
    const uint16_t *packed; /* the weights as matrix_pack_rows() leaves them, padded to MATRIX_UNIT; NULL: not packed */
    int64_t packed_parts;
};

/* Writes the weights to `to` as matrix_pack_rows() would, out and in padded to MATRIX_UNIT. `to` is zero where it is
 * padded. */
void linear_pack(const struct linear *linear, uint16_t *to, const struct kernels *kernels, int64_t parts);

#endif
