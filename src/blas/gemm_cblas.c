/* Products by a BLAS, which is loaded when somebody first asks for them: OpenBLAS starts its threads as it is loaded.
 *
 * OpenBLAS keeps one thread count for the whole process, and its three builds differ (openblas_get_parallel()):
 *   pthread  threads whenever its count is above 1: the count is held at 1 while any call runs that makes products;
 *   OpenMP   threads according to the calling thread's OpenMP setting and never inside an active parallel region: the
 *            setting is made 1 around each product, which concerns this thread only;
 *   serial   has no locks unless it was built with USE_LOCKING, which cannot be queried: two products at once can get
 *            the same buffer, and then both are wrong. So products run one by one (OpenBLAS issues 1755, 2126).
 * Which build the loader picks is not known before run time. Another BLAS is left alone.
 * SPDX-License-Identifier: MIT */
#include "blas/gemm.h"

#include "blas/library.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum build { BUILD_OTHER = -1, BUILD_SERIAL = 0, BUILD_PTHREAD = 1, BUILD_OPENMP = 2 };

/* Written once, by load(). */
static struct blas blas;
static enum build build = BUILD_OTHER;
static char problem[300], description[320];
static atomic_int tried;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, product_lock = PTHREAD_MUTEX_INITIALIZER;
static int callers, hosts_threads;  /* calls that are running, and the host's setting before the first of them */
static _Thread_local int own_calls; /* those of this thread */

/* Never without need: in a child OpenBLAS starts its threads again even for the number that it has, and where they
 * cannot start it raises SIGINT. */
static void set_threads(int threads) {
    if (blas.get_num_threads() != threads) blas.set_num_threads(threads);
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
    if (held && callers == 0) set_threads(hosts_threads);
    after_fork();
}

static void describe(void) {
    static const char *const builds[] = {"serial", "pthread", "OpenMP"};
    if (problem[0])
        snprintf(description, sizeof description, "none: %s", problem);
    else
        snprintf(description, sizeof description, "%s, core %s, %s build",
                 blas.get_config ? blas.get_config() : "a CBLAS", blas.get_corename ? blas.get_corename() : "unknown",
                 build >= 0 && build <= 2 ? builds[build] : "unknown");
}

/* Of handlers that run before a fork the newest is first: ours has to come before OpenBLAS's, which ends its threads,
 * since a call that ends meanwhile would start them again. */
static void load(void) {
    const char *why = blas_open(&blas, blas_library);
    if (why)
        snprintf(problem, sizeof problem, "%s", why);
    else {
        if (blas.get_parallel) build = (enum build)blas.get_parallel();
        (void)pthread_atfork(before_fork, after_fork, in_child);
    }
    describe();
    atomic_store(&tried, 1);
}

const char *blas_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem[0] ? problem : NULL;
}

void blas_enter(gemm_fn gemm) {
    if (gemm != gemm_blas || build != BUILD_PTHREAD) return;
    pthread_mutex_lock(&lock);
    own_calls++;
    if (callers++ == 0) {
        hosts_threads = blas.get_num_threads();
        set_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void blas_leave(gemm_fn gemm) {
    if (gemm != gemm_blas || build != BUILD_PTHREAD) return;
    pthread_mutex_lock(&lock);
    own_calls--;
    if (--callers == 0) set_threads(hosts_threads);
    pthread_mutex_unlock(&lock);
}

static void sgemm(const struct gemm_shape *s, float alpha, const float *a, const float *b, float beta, float *c) {
    blas.sgemm(CblasRowMajor, CblasNoTrans, s->transposed_b ? CblasTrans : CblasNoTrans, (int)s->m, (int)s->n,
               (int)s->k, alpha, a, (int)s->lda, b, (int)s->ldb, beta, c, (int)s->ldc);
}

void gemm_blas(const struct gemm_shape *s, float alpha, const float *a, const float *b, float beta, float *c) {
    int threads = build == BUILD_OPENMP && blas.omp_get_max_threads ? blas.omp_get_max_threads() : 1;
    int serial = build == BUILD_SERIAL;
    if (threads != 1) blas.omp_set_num_threads(1);
    if (serial) pthread_mutex_lock(&product_lock);
    sgemm(s, alpha, a, b, beta, c);
    if (serial) pthread_mutex_unlock(&product_lock);
    if (threads != 1) blas.omp_set_num_threads(threads);
}

int blas_is_described(void) {
    return !blas_unopened || atomic_load(&tried);
}

const char *blas_description(void) {
    if (!blas_is_described()) return blas_unopened;
    (void)blas_load();
    return description;
}
