/* cblas_sgemm at 2048 x 2048 x 2048: the rate that a large product reaches.
 * SPDX-License-Identifier: MIT */
#include "measure/blas.h"
#include "measure/report.h"
#include "measure/roofs.h"
#include "way/workload.h"

enum { N = 2048 };

static int sgemm_run(void *state) {
    float *a = state, *b = a + N * N, *c = b + N * N;
    sgemm_ab(N, N, N, 1, (struct matrix){a, N}, (struct matrix){b, N}, (struct matrix){c, N});
    return DONE;
}

int sgemm_open(struct runner *r) {
    float *matrices = floats_new(3, N, N, 1, "the sgemm roof");
    if (!matrices) return FAILED;
    blas_use_one_thread();
    floats_normal(matrices, 3 * N * N, 1, 5);
    *r = (struct runner){.run = sgemm_run, .state = matrices, .work = 2.0 * N * N * N};
    return DONE;
}
