/* Quantised weights: blocks of 32 or 256 neighbouring elements of a row, as GGUF lays them out.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_QUANTISED_H
#define SA_BASE_QUANTISED_H

#include "base/half.h"

enum { MOST_BLOCK_ELEMENTS = 256, LEAST_BLOCK_ELEMENTS = 32 };

/* One type of blocks. They have no alignment, and all of their bits have a meaning. */
struct block_type {
    const char *name;
    int32_t elements, bytes;
    void (*widen)(float *out, const unsigned char *block);
};

/* What IQ4_NL and IQ4_XS multiply scales by: a curve that is denser near 0. Then twice the floats of MXFP4. */
extern const int8_t block_curve[16], mxfp4_curve[16];

/* NULL where `dtype` is not quantised. */
const struct block_type *block_type(int32_t dtype);

static inline int is_quantised(int32_t dtype) {
    return dtype >= SA_Q4_0;
}

/* Bytes of n weights of any type; n is a multiple of the type's block. */
int64_t weight_bytes(int32_t dtype, int64_t n);

/* out[i] = element first + i of quantised blocks, i < count. Every value is the float that is nearest to its formula,
 * so that all correct readers agree in every bit, but for the sign of 0. */
void blocks_widen(float *out, const void *blocks, int32_t dtype, int64_t first, int64_t count);

#endif
