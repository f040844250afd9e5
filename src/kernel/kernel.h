/* The inner loops that a BLAS does not have: tables by family, one set of tables per instruction set.
 *
 * ref/kernel_ref.c is plain C and defines each entry; the other tables compute the same within the bound given beside
 * it. body/ holds the loops once, in a vector vocabulary; x86/, arm/, wasm/ and plain/ hold the vocabularies and one
 * set for each.
 *
 * What a new processor needs, in this order, and what it gains (docs/porting.md):
 *
 *   1  nothing            the set of plain/: registers of four floats, as the compiler's baseline has them
 *   2  a vocabulary       rows and lanes at once, with registers as wide as the processor's and fused multiply-adds:
 *                         attention, projections, softmax and activations all grow with the width
 *   3  rows.dots,         decoding: weights, keys and values come from memory once, in their own type, fetched ahead;
 *      lanes.few_*        the bodies have them, what is left is how many registers to hold (DOT_ROWS, FEW_SUMS)
 *   4  matrix             products of bf16 on a matrix unit, or by vector instructions that multiply pairs of bf16,
 *                         for the lower precisions alone; a set without has NULL
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_KERNEL_H
#define SA_KERNEL_KERNEL_H

#include "kernel/lanes.h"
#include "kernel/linear.h"
#include "kernel/matrix.h"
#include "kernel/quants.h"
#include "kernel/rows.h"

struct kernels {
    int32_t isa; /* SA_ISA_... */
    const struct row_kernels *rows;
    const struct lane_kernels *lanes;
    const struct lane_kernels *single; /* the same for a single row: of width 1 */
    const struct quant_kernels *quants;
    const struct linear_kernels *linear;
    const struct matrix_kernels *matrix; /* NULL: there are no products of bf16 */
};

/* The best set that does not exceed `isa`, an SA_ISA_ number that the CPU supports. */
const struct kernels *kernels_select(int32_t isa);

/* These run everywhere: the definition, and the bodies in the plain vocabulary. */
extern const struct kernels kernels_ref, kernels_plain;
extern const struct linear_kernels linear_ref; /* that of kernels_ref */

/* NULL if the compiler could not build it. AMX's set differs from that of AVX512-BF16 in its matrix kernels alone. */
const struct kernels *kernels_neon(void);
const struct kernels *kernels_simd128(void);
const struct kernels *kernels_avx2(void);
const struct kernels *kernels_avx512(void);
const struct kernels *kernels_avx512_bf16(void);
const struct kernels *kernels_amx(void);

#endif
