/* The table of WebAssembly with SIMD128. A module has these instructions or not as a whole. Everything except the
 * function that returns the table is static. Empty for other targets.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "base/half.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef __wasm_simd128__
#include "kernel/wasm/vec_wasm.h"

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

#include "kernel/body/few.inc"

/* No JavaScript calls for these often, and a module is to be small. */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#include "kernel/body/summaries.inc"

#include "kernel/body/dropout.inc"

#include "kernel/body/halves.inc"
#pragma clang attribute pop

#include "kernel/body/single.inc"

#include "kernel/body/table.inc"

/* No kernels of linear attention: a module has no calls that need them (src/CMakeLists.txt). */
static const struct kernels set = {
    .isa = SA_ISA_SIMD128, .rows = &row_table, .lanes = &lane_table, .single = &single_table, .quants = &quant_table};

/* What plain vectors become is the same, and a module is fetched: it has no second set. */
const struct kernels kernels_plain = {
    .isa = SA_ISA_PORTABLE, .rows = &row_table, .lanes = &lane_table, .single = &single_table, .quants = &quant_table};

const struct kernels *kernels_simd128(void) {
    return &set;
}
#else
const struct kernels *kernels_simd128(void) {
    return NULL;
}
#endif
