/* What a context decides once: who runs tasks, and with which kernels.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_MACHINE_H
#define SA_PLAN_MACHINE_H

#include "blas/gemm.h"
#include "kernel/kernel.h"
#include "parallel/parallel.h"

struct machine {
    struct parallel parallel;
    const struct kernels *kernels;
    gemm_fn gemm;         /* gemm_blas only where the BLAS is needed: it is loaded by then */
    int32_t path;         /* SA_PATH_PLAIN, SA_PATH_BLAS or SA_PATH_FUSED */
    int blas_projections; /* on the fused path: more than FEW_ROWS rows are still projected by gemm */
    int rounds_inputs;    /* a few rows are rounded to bytes before they meet quantised weights: SA_PRECISION_MEDIUM */
    int32_t precision;    /* SA_PRECISION_...; above HIGHEST only on the fused path with a matrix unit */
};

/* How many bf16 numbers represent a float on the matrix unit; 0 where that is not used. */
static inline int64_t parts_of_float(const struct machine *machine) {
    return machine->precision == SA_PRECISION_HIGH ? 2 : machine->precision == SA_PRECISION_MEDIUM ? 1 : 0;
}

#endif
