/* Where the functions of a BLAS come from: load.c opens the library at run time, link.c is linked with it. A build has
 * one of the two.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BLAS_LIBRARY_H
#define SA_BLAS_LIBRARY_H

#include <cblas.h>
#include <stdint.h>

struct blas {
    __typeof__(cblas_sgemm) *sgemm;
    /* OpenBLAS's. NULL where this BLAS, or this build of OpenBLAS, has none. */
    int (*get_parallel)(void), (*get_num_threads)(void);
    void (*set_num_threads)(int threads);
    char *(*get_config)(void), *(*get_corename)(void);
    int (*omp_get_max_threads)(void);
    void (*omp_set_num_threads)(int threads);
    /* BLIS's, whose dim_t is as wide as a pointer. NULL in others. */
    intptr_t (*bli_thread_get_num_threads)(void);
    void (*bli_thread_set_num_threads)(intptr_t threads);
    char *(*bli_info_get_version_str)(void);
    int (*bli_arch_query_id)(void);
    char *(*bli_arch_string)(int arch);
};

/* What blas_open() is to be given, and its description as long as it was not; NULL where it is in the process anyway.
 */
extern const char blas_library[];
extern const char *const blas_unopened;

/* Fills in *blas. NULL, or why not: a text that holds until this thread opens a library again. */
const char *blas_open(struct blas *blas, const char *library);

#endif
