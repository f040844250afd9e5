/* The table of a processor without kernels of its own: the bodies in the plain vocabulary.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "kernel/plain/vec_plain.h"
#include "selfattn.h"

#include "kernel/plain/bytes_plain.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

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

const struct kernels kernels_plain = {.isa = SA_ISA_PORTABLE,
                                      .rows = &row_table,
                                      .lanes = &lane_table,
                                      .single = &single_table,
                                      .quants = &quant_table,
                                      .linear = &linear_table};
