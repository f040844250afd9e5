/* Products by a BLAS, which is loaded when somebody first asks for them: OpenBLAS starts its threads as it is loaded.
 *
 * OpenBLAS keeps one thread count for the whole process, and its three builds differ (openblas_get_parallel()):
 *   pthread  threads whenever its count is above 1: the count is held at 1 while any call runs that makes products;
 *   OpenMP   threads according to the calling thread's OpenMP setting and never inside an active parallel region: the
 *            setting is made 1 around each product, which concerns this thread only;
 *   serial   has no locks unless it was built with USE_LOCKING, which cannot be queried: two products at once can get
 *            the same buffer, and then both are wrong. So products run one by one (OpenBLAS issues 1755, 2126).
 * BLIS has one thread count for the process before its version 1.0, which is held at 1 like that of a pthread OpenBLAS,
 * and since then one per thread, which is made 1 around each product. Ways of its loops that a host has set are left
 * alone.
 *
 * Which library and which build the loader picks is not known before run time. Another BLAS is left alone.
 * SPDX-License-Identifier: MIT */
#include "blas/gemm.h"

#include "blas/library.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The first three are openblas_get_parallel()'s. */
enum build { BUILD_OTHER = -1, BUILD_SERIAL, BUILD_PTHREAD, BUILD_OPENMP, BUILD_BLIS, BUILD_BLIS_1 };

/* Written once, by load(). */
static struct blas blas;
static enum build build = BUILD_OTHER;
static char problem[300], description[320];
static atomic_int tried;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, product_lock = PTHREAD_MUTEX_INITIALIZER;
static int callers, hosts_threads;  /* calls that are running, and the host's setting before the first of them */
static _Thread_local int own_calls; /* those of this thread */

/* Whether the process has one thread count, which is held at 1 during calls. */
static int count_is_held(void) {
    return build == BUILD_PTHREAD || build == BUILD_BLIS;
}

static int get_threads(void) {
    return build == BUILD_BLIS ? (int)blas.bli_thread_get_num_threads() : blas.get_num_threads();
}

/* Never without need: in a child OpenBLAS starts its threads again even for the number that it has, and where they
 * cannot start it raises SIGINT. */
static void set_threads(int threads) {
    if (get_threads() == threads) return;
    if (build == BUILD_BLIS)
        blas.bli_thread_set_num_threads(threads);
    else
        blas.set_num_threads(threads);
}

/* Never less than there are: another copy of the library, which this one does not know, may have held the count at 1
 * when this one's calls began, and has given the host's back since. */
static void give_back_threads(void) {
    if (hosts_threads > 1) set_threads(hosts_threads);
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
    if (held && callers == 0) give_back_threads();
    after_fork();
}

static enum build find_build(void) {
    if (blas.bli_thread_get_num_threads && blas.bli_thread_set_num_threads && blas.bli_info_get_version_str)
        return strncmp(blas.bli_info_get_version_str(), "0.", 2) == 0 ? BUILD_BLIS : BUILD_BLIS_1;
    return blas.get_parallel ? (enum build)blas.get_parallel() : BUILD_OTHER;
}

static void describe(void) {
    static const char *const builds[] = {"serial", "pthread", "OpenMP"};
    if (problem[0])
        snprintf(description, sizeof description, "none: %s", problem);
    else if (build == BUILD_BLIS || build == BUILD_BLIS_1)
        snprintf(description, sizeof description, "BLIS %s, core %s", blas.bli_info_get_version_str(),
                 blas.bli_arch_query_id && blas.bli_arch_string ? blas.bli_arch_string(blas.bli_arch_query_id())
                                                                : "unknown");
    else if (build == BUILD_OTHER)
        snprintf(description, sizeof description, "a CBLAS%s%s", blas_library[0] ? ", " : "", blas_library);
    else
        snprintf(description, sizeof description, "%s, core %s, %s build",
                 blas.get_config ? blas.get_config() : "OpenBLAS", blas.get_corename ? blas.get_corename() : "unknown",
                 builds[build]);
}

/* Of handlers that run before a fork the newest is first: ours has to come before OpenBLAS's, which ends its threads,
 * since a call that ends meanwhile would start them again. */
static void load(void) {
    const char *why = blas_open(&blas, blas_library);
    if (why)
        snprintf(problem, sizeof problem, "%s", why);
    else {
        build = find_build();
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
    if (gemm != gemm_blas || !count_is_held()) return;
    pthread_mutex_lock(&lock);
    own_calls++;
    if (callers++ == 0) {
        hosts_threads = get_threads();
        set_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void blas_leave(gemm_fn gemm) {
    if (gemm != gemm_blas || !count_is_held()) return;
    pthread_mutex_lock(&lock);
    own_calls--;
    if (--callers == 0) give_back_threads();
    pthread_mutex_unlock(&lock);
}

static void sgemm(const struct gemm_shape *s, const float *a, const float *b, float beta, float *c) {
    blas.sgemm(CblasRowMajor, CblasNoTrans, s->transposed_b ? CblasTrans : CblasNoTrans, (int)s->m, (int)s->n,
               (int)s->k, 1, a, (int)s->lda, b, (int)s->ldb, beta, c, (int)s->ldc);
}

void gemm_blas(const struct gemm_shape *s, const float *a, const float *b, float beta, float *c) {
    const int openmp = build == BUILD_OPENMP && blas.omp_get_max_threads, serial = build == BUILD_SERIAL;
    const int threads = openmp ? blas.omp_get_max_threads() : 1;
    const intptr_t blis_threads = build == BUILD_BLIS_1 ? blas.bli_thread_get_num_threads() : 1;
    if (threads != 1) blas.omp_set_num_threads(1);
    if (blis_threads != 1) blas.bli_thread_set_num_threads(1);
    if (serial) pthread_mutex_lock(&product_lock);
    sgemm(s, a, b, beta, c);
    if (serial) pthread_mutex_unlock(&product_lock);
    if (blis_threads != 1) blas.bli_thread_set_num_threads(blis_threads);
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
