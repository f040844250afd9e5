/* The AVX2 table. Built with flags of its own. Everything except the function that returns the table is static, so no
 * code of this unit can be linked into code that has to run on every CPU. Empty if the compiler lacks the instruction
 * set.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef __AVX2__
#include "kernel/x86/bytes_avx2.h"
#include "kernel/x86/vec_avx2.h"

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

#include "kernel/body/table.inc"

static const struct kernels set = {.isa = SA_ISA_AVX2,
                                   .rows = &row_table,
                                   .lanes = &lane_table,
                                   .single = &single_table,
                                   .quants = &quant_table,
                                   .linear = &linear_table};

const struct kernels *kernels_avx2(void) {
    return &set;
}
#else
const struct kernels *kernels_avx2(void) {
    return NULL;
}
#endif
