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
    int rounds_inputs;    /* a few rows are rounded to bytes before they meet quantised weights, with same_bits all:
                             SA_PRECISION_MEDIUM */
    int32_t precision;    /* SA_PRECISION_...; above HIGHEST only on the fused path with matrix kernels */
    int same_bits;        /* how many rows are computed together changes no bit of any */
};

/* How many bf16 numbers represent a float; 0 where floats are multiplied. */
static inline int64_t parts_of_precision(int32_t precision) {
    return precision == SA_PRECISION_HIGH ? 2 : precision == SA_PRECISION_MEDIUM ? 1 : 0;
}
static inline int64_t parts_of_float(const struct machine *machine) {
    return parts_of_precision(machine->precision);
}

/* The same machine with exact products of floats, as gradients need them. */
static inline struct machine exact_machine(const struct machine *machine) {
    struct machine exact = *machine;
    exact.precision = SA_PRECISION_HIGHEST;
    exact.rounds_inputs = 0;
    return exact;
}

#endif
