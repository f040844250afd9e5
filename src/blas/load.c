/* The library is opened under the name that the linker would have noted, so that the loader takes the same copy: the
 * one that the host has, or else what LD_LIBRARY_PATH and the system's settings say. It is never closed.
 * SPDX-License-Identifier: MIT */
#include "blas/library.h"

#include <dlfcn.h>
#include <stddef.h>

const char blas_library[] = SELFATTN_BLAS_LIBRARY;
const char *const blas_unopened = SELFATTN_BLAS_LIBRARY ", loaded when first used";

/* Also among what the library itself is linked with. POSIX lets the address of a function travel in a void *, ISO C
 * does not: it is copied, not cast. */
static void find(void *library, const char *name, void *function) {
    *(void **)function = dlsym(library, name);
}

const char *blas_open(struct blas *blas, const char *library) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return dlerror();
    find(handle, "cblas_sgemm", &blas->sgemm);
    if (!blas->sgemm) return dlerror();
    find(handle, "openblas_get_parallel", &blas->get_parallel);
    find(handle, "openblas_get_num_threads", &blas->get_num_threads);
    find(handle, "openblas_set_num_threads", &blas->set_num_threads);
    find(handle, "openblas_get_config", &blas->get_config);
    find(handle, "openblas_get_corename", &blas->get_corename);
    find(handle, "omp_get_max_threads", &blas->omp_get_max_threads);
    find(handle, "omp_set_num_threads", &blas->omp_set_num_threads);
    find(handle, "bli_thread_get_num_threads", &blas->bli_thread_get_num_threads);
    find(handle, "bli_thread_set_num_threads", &blas->bli_thread_set_num_threads);
    find(handle, "bli_info_get_version_str", &blas->bli_info_get_version_str);
    find(handle, "bli_arch_query_id", &blas->bli_arch_query_id);
    find(handle, "bli_arch_string", &blas->bli_arch_string);
    return NULL;
}
