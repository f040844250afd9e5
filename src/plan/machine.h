/* What a context has decided once: who runs tasks, and with which inner loops.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_MACHINE_H
#define SA_PLAN_MACHINE_H

#include "blas/gemm.h"
#include "kernel/kernel.h"
#include "parallel/parallel.h"

struct machine {
    struct parallel parallel;
    const struct kernels *kernels;
    gemm_fn gemm;
    int32_t path;      /* SA_PATH_PLAIN, SA_PATH_BLAS or SA_PATH_FUSED */
    int32_t precision; /* SA_PRECISION_...; above HIGHEST only on the fused path with a matrix unit */
};

#endif
