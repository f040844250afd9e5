/* The AMX table: the AVX-512 kernels and the matrix kernels. Built with its own instruction-set flags; everything but the table's
 * getter is static, so that no code of this unit can be linked into code that has to run anywhere. Empty where the compiler lacks
 * the instruction set.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef __AMX_BF16__
#include "kernel/x86/vec_avx512.h"

#include <float.h>
#include <math.h>

#include "kernel/body/coefficients.inc"

#include "kernel/body/math.inc"

#include "kernel/body/rows.inc"

#include "kernel/body/dots.inc"

#include "kernel/body/lanes.inc"

#include "kernel/body/few.inc"

#include "kernel/body/halves.inc"

#include "kernel/x86/amx_pack.inc"

#include "kernel/x86/amx.inc"

#include "kernel/x86/amx_few.inc"

static const struct kernels table = {
#include "kernel/body/table.inc"
    .matrix_begin = matrix_begin,
    .matrix_end = matrix_end,
    .matrix_pack_rows = matrix_pack_rows,
    .matrix_pack_columns = matrix_pack_columns,
    .matrix_pack_pairs = matrix_pack_pairs,
    .matrix_pack_queries = matrix_pack_queries,
    .matrix_scores = matrix_scores,
    .matrix_softmax = matrix_softmax,
    .matrix_weigh = matrix_weigh,
    .matrix_weigh_few = matrix_weigh_few,
    .isa = SA_ISA_AMX,
};

const struct kernels *kernels_amx(void) {
    return &table;
}
#else
const struct kernels *kernels_amx(void) {
    return NULL;
}
#endif
