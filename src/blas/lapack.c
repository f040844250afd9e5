/* SPDX-License-Identifier: MIT */
#include "blas/lapack.h"

#ifdef SELFATTN_LAPACKE
#include <dlfcn.h>
#include <lapacke.h>
#include <pthread.h>
#include <stdio.h>

/* Written once, by load(). */
static __typeof__(LAPACKE_dgeqrf_work) *factor;
static __typeof__(LAPACKE_dorgqr_work) *expand;
static char problem[300];

/* POSIX lets the address of a function travel in a void *, ISO C does not: it is copied, not cast. */
static void find(void *library, const char *name, void *function) {
    *(void **)function = dlsym(library, name);
}

static void load(void) {
    void *library = dlopen(SELFATTN_LAPACKE, RTLD_NOW | RTLD_LOCAL);
    if (library) find(library, "LAPACKE_dgeqrf_work", &factor);
    if (library) find(library, "LAPACKE_dorgqr_work", &expand);
    if (!factor || !expand) snprintf(problem, sizeof problem, "%s", dlerror());
}

const char *lapack_orthogonal(double *a, int64_t n, double *work) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    double *tau = work, *negative = work + n;
    const lapack_int size = (lapack_int)n, room = (lapack_int)(n * (LAPACK_WORK - 2));
    pthread_once(&once, load);
    if (!factor || !expand) return problem;
    if (factor(LAPACK_COL_MAJOR, size, size, a, size, tau, work + 2 * n, room)) return "LAPACKE_dgeqrf_work failed";
    for (int64_t c = 0; c < n; c++) negative[c] = a[c * n + c] < 0;
    if (expand(LAPACK_COL_MAJOR, size, size, size, a, size, tau, work + 2 * n, room))
        return "LAPACKE_dorgqr_work failed";
    for (int64_t c = 0; c < n; c++)
        for (int64_t r = 0; r < n && negative[c] != 0; r++) a[c * n + r] = -a[c * n + r];
    return 0;
}
#else
const char *lapack_orthogonal(double *a, int64_t n, double *work) {
    (void)a;
    (void)n;
    (void)work;
    return "this build has no LAPACKE (cmake -DSELFATTN_LAPACKE=ON)";
}
#endif
