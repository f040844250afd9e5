/* The AVX512-BF16 and AMX sets: the AVX-512 kernels, with matrix kernels that need no matrix unit, or those of
 * kernel_amx.c. Built with flags of its own. Everything except the functions that return the sets is static, so no code
 * of this unit can be linked into code that has to run on every CPU. Empty if the compiler lacks the instruction set.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>
#include <string.h>

#ifdef __AVX512BF16__
#include "kernel/x86/bytes_avx2.h"
#include "kernel/x86/vec_avx512.h"

#include <float.h>
#include <math.h>

#include "kernel/body/coefficients.inc"

#include "kernel/body/math.inc"

#include "kernel/body/rows.inc"

#include "kernel/body/dots.inc"

#include "kernel/body/blocks.inc"

#include "kernel/body/widen.inc"

#include "kernel/body/quants.inc"

#include "kernel/body/lanes.inc"

#include "kernel/body/summaries.inc"

#include "kernel/body/dropout.inc"

#include "kernel/body/linear.inc"

#include "kernel/body/few.inc"

#include "kernel/body/halves.inc"

#include "kernel/body/single.inc"

#include "kernel/x86/matrix_pack.inc"

#include "kernel/x86/matrix_softmax.inc"

#include "kernel/x86/pairs.inc"

#include "kernel/x86/pairs_few.inc"

#include "kernel/body/table.inc"

static const struct matrix_kernels matrix_table = {
    .most_parts = 1,
    .least_projection = 5,
    .begin = matrix_begin,
    .end = matrix_end,
    .pack_rows = matrix_pack_rows,
    .pack_columns = matrix_pack_columns,
    .pack_pairs = matrix_pack_pairs,
    .pack_queries = matrix_pack_queries,
    .scores = matrix_scores,
    .softmax = matrix_softmax,
    .weigh = matrix_weigh,
    .weigh_few = matrix_weigh_few,
};

static const struct kernels set = {.isa = SA_ISA_AVX512_BF16,
                                   .rows = &row_table,
                                   .lanes = &lane_table,
                                   .single = &single_table,
                                   .quants = &quant_table,
                                   .linear = &linear_table,
                                   .matrix = &matrix_table};

static const struct kernels amx_set = {.isa = SA_ISA_AMX,
                                       .rows = &row_table,
                                       .lanes = &lane_table,
                                       .single = &single_table,
                                       .quants = &quant_table,
                                       .linear = &linear_table,
                                       .matrix = &matrix_amx};

const struct kernels *kernels_avx512_bf16(void) {
    return &set;
}

const struct kernels *kernels_amx(void) {
    return matrix_amx.most_parts ? &amx_set : NULL;
}
#else
const struct kernels *kernels_avx512_bf16(void) {
    return NULL;
}

const struct kernels *kernels_amx(void) {
    return NULL;
}
#endif
