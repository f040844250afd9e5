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
    int32_t path; /* SA_PATH_PLAIN or SA_PATH_BLAS */
};

#endif
