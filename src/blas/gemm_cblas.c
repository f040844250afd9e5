/* The only file that includes <cblas.h>.
 *
 * OpenBLAS keeps one thread count for the whole process, and its three builds differ (openblas_get_parallel()):
 *   pthread  threads whenever its count is above 1: the count is held at 1 while any of our calls runs;
 *   OpenMP   threads according to the calling thread's OpenMP setting and never inside an active parallel region: the
 *            setting is made 1 around each product, which concerns this thread only;
 *   serial   has no locks unless it was built with USE_LOCKING, which cannot be queried: two products at once can get
 *            the same buffer, and then both are wrong. So products run one by one (OpenBLAS issues 1755, 2126).
 * Which build the loader picks is not known before run time, hence the weak symbols. Another BLAS is left alone.
 * SPDX-License-Identifier: MIT */
#include "blas/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <stdio.h>

#define WEAK __attribute__((weak))
extern WEAK int openblas_get_parallel(void);
extern WEAK int openblas_get_num_threads(void);
extern WEAK void openblas_set_num_threads(int threads);
extern WEAK char *openblas_get_config(void);
extern WEAK char *openblas_get_corename(void);
extern WEAK int omp_get_max_threads(void);
extern WEAK void omp_set_num_threads(int threads);

enum build { BUILD_OTHER = -1, BUILD_SERIAL = 0, BUILD_PTHREAD = 1, BUILD_OPENMP = 2 };

static int build(void) {
    return openblas_get_parallel ? openblas_get_parallel() : BUILD_OTHER;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, product_lock = PTHREAD_MUTEX_INITIALIZER;
static int callers, hosts_threads;  /* calls that are running, and the host's setting before the first of them */
static _Thread_local int own_calls; /* those of this thread */

static void release_threads(void) {
    if (hosts_threads != 1) openblas_set_num_threads(hosts_threads);
}

/* In the child the locks are free, although the parent's threads that may hold them do not exist there. Of the calls
 * that were running, the child has only those of the thread that forked. */
static void before_fork(void) {
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&product_lock);
}

static void after_fork(void) {
    pthread_mutex_unlock(&product_lock);
    pthread_mutex_unlock(&lock);
}

static void in_child(void) {
    const int held = callers > 0;
    callers = own_calls;
    if (held && callers == 0) release_threads();
    after_fork();
}

static void watch_forks(void) {
    (void)pthread_atfork(before_fork, after_fork, in_child);
}

void blas_enter(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    if (build() != BUILD_PTHREAD) return;
    pthread_mutex_lock(&lock);
    own_calls++;
    if (callers++ == 0) {
        hosts_threads = openblas_get_num_threads();
        if (hosts_threads != 1) openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void blas_leave(void) {
    if (build() != BUILD_PTHREAD) return;
    pthread_mutex_lock(&lock);
    own_calls--;
    if (--callers == 0) release_threads();
    pthread_mutex_unlock(&lock);
}

static void sgemm(const struct gemm_shape *s, float alpha, const float *a, const float *b, float beta, float *c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, s->transposed_b ? CblasTrans : CblasNoTrans, (int)s->m, (int)s->n,
                (int)s->k, alpha, a, (int)s->lda, b, (int)s->ldb, beta, c, (int)s->ldc);
}

void gemm_blas(const struct gemm_shape *s, float alpha, const float *a, const float *b, float beta, float *c) {
    int threads = build() == BUILD_OPENMP && omp_get_max_threads ? omp_get_max_threads() : 1;
    int serial = build() == BUILD_SERIAL;
    if (threads != 1) omp_set_num_threads(1);
    if (serial) pthread_mutex_lock(&product_lock);
    sgemm(s, alpha, a, b, beta, c);
    if (serial) pthread_mutex_unlock(&product_lock);
    if (threads != 1) omp_set_num_threads(threads);
}

static char description[200];

static void describe(void) {
    static const char *const builds[] = {"serial", "pthread", "OpenMP"};
    int b = build();
    snprintf(description, sizeof description, "%s, core %s, %s build",
             openblas_get_config ? openblas_get_config() : "a CBLAS",
             openblas_get_corename ? openblas_get_corename() : "unknown", b >= 0 && b <= 2 ? builds[b] : "unknown");
}

const char *blas_description(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, describe);
    return description;
}
