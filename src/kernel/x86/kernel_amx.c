/* The matrix kernels on AMX; what else its set has is that of kernel_avx512_bf16.c. Built with flags of its own.
 * Everything except the table is static, so no code of this unit can be linked into code that has to run on every CPU.
 * An empty table if the compiler lacks the instruction set.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef __AMX_BF16__
#include "kernel/x86/bytes_avx2.h"
#include "kernel/x86/vec_avx512.h"

#include <float.h>
#include <math.h>

#include "kernel/body/coefficients.inc"

#include "kernel/body/math.inc"

#include "kernel/x86/matrix_pack.inc"

#include "kernel/x86/matrix_softmax.inc"

#include "kernel/x86/amx.inc"

#include "kernel/x86/amx_few.inc"

const struct matrix_kernels matrix_amx = {
    .most_parts = 2,
    .least_projection = 1,
    .value_columns = 1,
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
#else
const struct matrix_kernels matrix_amx = {.most_parts = 0};
#endif
