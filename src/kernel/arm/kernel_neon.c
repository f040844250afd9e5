/* The NEON table of 64-bit ARM, where every processor has these instructions. Everything except the function that
 * returns the table is static. Empty for other processors.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef __aarch64__
#include "kernel/arm/vec_neon.h"

#include "kernel/plain/bytes_plain.h"

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

static const struct kernels set = {.isa = SA_ISA_NEON,
                                   .rows = &row_table,
                                   .lanes = &lane_table,
                                   .single = &single_table,
                                   .quants = &quant_table,
                                   .linear = &linear_table};

const struct kernels *kernels_neon(void) {
    return &set;
}
#else
const struct kernels *kernels_neon(void) {
    return NULL;
}
#endif
