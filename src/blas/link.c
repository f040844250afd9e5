/* For libselfattn.a, and for a shared library built with SELFATTN_BLAS_LINK. What only some libraries have is weak.
 * SPDX-License-Identifier: MIT */
#include "blas/library.h"

#include <stddef.h>

#define WEAK __attribute__((weak))
extern WEAK int openblas_get_parallel(void);
extern WEAK int openblas_get_num_threads(void);
extern WEAK void openblas_set_num_threads(int threads);
extern WEAK char *openblas_get_config(void);
extern WEAK char *openblas_get_corename(void);
extern WEAK int omp_get_max_threads(void);
extern WEAK void omp_set_num_threads(int threads);
extern WEAK intptr_t bli_thread_get_num_threads(void);
extern WEAK void bli_thread_set_num_threads(intptr_t threads);
extern WEAK char *bli_info_get_version_str(void);
extern WEAK int bli_arch_query_id(void);
extern WEAK char *bli_arch_string(int arch);

const char blas_library[] = "";
const char *const blas_unopened = NULL;

const char *blas_open(struct blas *blas, const char *library) {
    (void)library;
    *blas = (struct blas){.sgemm = cblas_sgemm,
                          .get_parallel = openblas_get_parallel,
                          .get_num_threads = openblas_get_num_threads,
                          .set_num_threads = openblas_set_num_threads,
                          .get_config = openblas_get_config,
                          .get_corename = openblas_get_corename,
                          .omp_get_max_threads = omp_get_max_threads,
                          .omp_set_num_threads = omp_set_num_threads,
                          .bli_thread_get_num_threads = bli_thread_get_num_threads,
                          .bli_thread_set_num_threads = bli_thread_set_num_threads,
                          .bli_info_get_version_str = bli_info_get_version_str,
                          .bli_arch_query_id = bli_arch_query_id,
                          .bli_arch_string = bli_arch_string};
    return NULL;
}
