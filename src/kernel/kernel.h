/* The inner loops that BLAS does not offer: tables by family, one set per instruction set.
 *
 * ref/kernel_ref.c is plain C and defines each entry; the other tables compute the same within the bound given beside
 * it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_KERNEL_H
#define SA_KERNEL_KERNEL_H

#include "kernel/lanes.h"
#include "kernel/matrix.h"
#include "kernel/rows.h"

struct kernels {
    int32_t isa; /* SA_ISA_... */
    const struct row_kernels *rows;
    const struct lane_kernels *lanes;
    const struct matrix_kernels *matrix; /* NULL: there is no matrix unit */
};

/* The best set that does not exceed `isa`, an SA_ISA_ number that the CPU supports. */
const struct kernels *kernels_select(int32_t isa);

/* One set per unit; NULL where the compiler could not build it. */
extern const struct kernels kernels_ref, kernels_plain;
const struct kernels *kernels_avx2(void);
const struct kernels *kernels_avx512(void);
const struct kernels *kernels_amx(void);

#endif
