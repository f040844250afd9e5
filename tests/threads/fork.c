/* A child of fork() makes a new context and computes the same bits, whatever threads the parent has used.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "parallel/parallel.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* There in OpenBLAS's builds. */
#define WEAK __attribute__((weak))
extern WEAK int openblas_get_parallel(void);
extern WEAK int openblas_get_num_threads(void);
extern WEAK void openblas_set_num_threads(int threads);
enum { PTHREAD_BUILD = 1 };

static const struct layer_shape shape = {.B = 2,
                                         .T = 130,
                                         .S = 130,
                                         .H = 4,
                                         .K = 2,
                                         .D = 48,
                                         .Dv = 48,
                                         .E = 192,
                                         .W = 192,
                                         .F = 192,
                                         .projected = 1,
                                         .biased = 15};

struct family {
    struct layer_sample sample;
    sa_layer *layer; /* the parent's: immutable, so the child's too */
    const struct way *way;
    int32_t parallel; /* SA_PARALLEL_... */
    float *want;
    size_t bytes;
};

static sa_ctx *open_context(const struct way *way, int32_t parallel, int32_t threads) {
    const sa_ctx_options options = {.struct_size = sizeof options,
                                    .threads = threads,
                                    .parallel = parallel,
                                    .path = way->path,
                                    .isa = way->isa,
                                    .precision = way->precision};
    return ctx_open(&options);
}

/* 0 if a new context gives what the parent got. */
static int compute(struct family *f, int32_t threads) {
    sa_ctx *ctx = open_context(f->way, f->parallel, threads);
    layer_sample_clear(&f->sample);
    int wrong = sa_forward(ctx, f->layer, &f->sample.args) != SA_OK || memcmp(f->sample.y, f->want, f->bytes) != 0;
    sa_ctx_destroy(&ctx);
    return wrong;
}

/* After this many seconds a child waits for threads that it does not have. */
enum { HANG = 100 };

/* Runs compute() in a child, and in a child of that child. */
static int child_computes(struct family *f, int generations) {
    int status;
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        alarm(HANG);
        int wrong = compute(f, 3);
        if (!wrong && generations > 1) wrong = child_computes(f, generations - 1) != 0;
        _exit(wrong);
    }
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The parent computes with `threads` threads. 0: the CPU lacks this way. */
static int family_make(struct family *f, const struct way *way, int32_t parallel, int32_t threads) {
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return 0;
    sa_ctx_destroy(&ctx);
    ctx = open_context(way, parallel, threads);
    *f = (struct family){.way = way, .parallel = parallel};
    layer_sample_make(&f->sample, &shape, 9);
    f->sample.args.lse.data = f->sample.args.weights.data = NULL;
    f->layer = layer_sample_open(&f->sample, ctx);
    cr_assert_eq(sa_forward(ctx, f->layer, &f->sample.args), SA_OK, "%s", sa_ctx_last_error(ctx));
    f->bytes = (size_t)f->sample.y_floats * sizeof(float);
    f->want = memcpy(malloc(f->bytes), f->sample.y, f->bytes);
    sa_ctx_destroy(&ctx);
    return 1;
}

static void family_free(struct family *f) {
    free(f->want);
    sa_layer_destroy(&f->layer);
    layer_sample_free(&f->sample);
}

static void for_each_family(void (*check)(struct family *f), int32_t threads) {
#ifdef __SANITIZE_THREAD__
    cr_skip("ThreadSanitizer starts no threads in children");
#endif
    const int32_t kinds[] = {SA_PARALLEL_POOL, SA_PARALLEL_OPENMP};
    for (int k = 0; k < 1 + parallel_has_openmp(); k++)
        for (int w = 0; w < ways_count; w++) {
            struct family f;
            if (!family_make(&f, &ways[w], kinds[k], threads)) continue;
            check(&f);
            family_free(&f);
        }
}

static void check_generations(struct family *f) {
    cr_expect_eq(child_computes(f, 2), 0, "%s: a child, or its child, has other bits", f->way->name);
    cr_expect_eq(compute(f, 3), 0, "%s: the parent goes on with other bits", f->way->name);
    cr_expect_eq(child_computes(f, 1), 0, "%s: a second child has other bits", f->way->name);
}

/* Whoever computes in the parent may hold a lock at the moment of the fork. */
struct busy {
    struct family *family;
    atomic_int stop, wrong;
};

static void *keep_computing(void *arg) {
    struct busy *busy = arg;
    struct family *f = busy->family;
    sa_ctx *ctx = open_context(f->way, f->parallel, f->parallel == SA_PARALLEL_POOL ? 3 : 1);
    sa_forward_args args = f->sample.args;
    args.y.data = malloc(f->bytes);
    while (!atomic_load(&busy->stop)) atomic_fetch_add(&busy->wrong, sa_forward(ctx, f->layer, &args) != SA_OK);
    free(args.y.data);
    sa_ctx_destroy(&ctx);
    return NULL;
}

static void check_while_busy(struct family *f) {
    struct busy busy = {.family = f};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, keep_computing, &busy), 0);
    for (int i = 0; i < 20; i++) cr_expect_eq(child_computes(f, 1), 0, "%s: child %d", f->way->name, i);
    atomic_store(&busy.stop, 1);
    pthread_join(thread, NULL);
    cr_expect_eq(atomic_load(&busy.wrong), 0);
}

Test(fork, a_child_computes_the_same_bits, .timeout = 3 * HANG) {
    for_each_family(check_generations, 3);
}

/* OpenBLAS's threaded builds take locks of their own in each product, which no child gets free; the serial one has only
 * this library's. */
static void check_while_busy_if_it_can(struct family *f) {
    if (f->way->path != SA_PATH_BLAS || strstr(sa_build_info(), "serial build")) check_while_busy(f);
}

Test(fork, a_child_computes_while_the_parent_does, .timeout = 3 * HANG) {
    for_each_family(check_while_busy_if_it_can, 3);
}

enum { NOBODY = 65534 };

/* From here on this process starts no more threads. The limit is not for root. */
static int forbid_threads(void) {
    const struct rlimit none = {1, 1};
    return (geteuid() != 0 || setuid(NOBODY) == 0) && setrlimit(RLIMIT_NPROC, &none) == 0;
}

static void *compute_alone(void *family) {
    static int wrong;
    wrong = forbid_threads() ? compute(family, 4) : 2;
    return &wrong;
}

/* In a thread that is new in the child, for which a team is started directly. */
static int compute_in_new_thread(struct family *f) {
    pthread_t thread;
    void *wrong;
    if (pthread_create(&thread, NULL, compute_alone, f) != 0 || pthread_join(thread, &wrong) != 0) return 3;
    return *(const int *)wrong;
}

static void check_without_threads(struct family *f) {
    int status = -1;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(HANG);
        _exit(compute_in_new_thread(f));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %x", f->way->name, (unsigned)status);
}

/* GNU's OpenMP would end the process, and so would OpenBLAS in a child, were it to start its own threads again. */
Test(fork, a_process_that_can_start_no_threads_computes_the_same_bits, .timeout = 3 * HANG) {
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    for_each_family(check_without_threads, 1);
}

static void check_without_threads_or_blas(struct family *f) {
    if (f->way->path != SA_PATH_BLAS) check_without_threads(f);
}

/* Calls that do not use OpenBLAS never touch it, whatever its setting. */
Test(fork, a_process_that_can_start_no_threads_leaves_the_hosts_blas_alone, .timeout = 3 * HANG) {
    if (openblas_set_num_threads) openblas_set_num_threads(2);
    for_each_family(check_without_threads_or_blas, 1);
}

/* The child has none of the calls that held the host's BLAS at one thread. */
Test(fork, a_child_has_the_hosts_setting, .timeout = 3 * HANG) {
    if (!openblas_get_parallel || openblas_get_parallel() != PTHREAD_BUILD) cr_skip("not under this BLAS");
    struct family f;
    struct busy busy = {.family = &f};
    pthread_t thread;
    openblas_set_num_threads(2);
    for (int w = 0; w < ways_count; w++) {
        if (!family_make(&f, &ways[w], SA_PARALLEL_POOL, 1)) continue;
        cr_assert_eq(pthread_create(&thread, NULL, keep_computing, &busy), 0);
        for (int i = 0; i < 20; i++) {
            int status = -1;
            pid_t child = fork();
            if (child == 0) _exit(openblas_get_num_threads());
            cr_assert_eq(waitpid(child, &status, 0), child);
            cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2, "%s: status %x", f.way->name, (unsigned)status);
        }
        atomic_store(&busy.stop, 1);
        pthread_join(thread, NULL);
        family_free(&f);
        busy.stop = 0;
    }
}

#ifdef _OPENMP
static void check_first_generation(struct family *f) {
    cr_expect_eq(child_computes(f, 1), 0, "%s: a child has other bits", f->way->name);
}

/* Here the library itself has used no team in the parent. */
Test(fork, a_child_computes_after_the_host_has_used_openmp, .timeout = 3 * HANG) {
    int threads = 0;
#pragma omp parallel num_threads(3) reduction(+ : threads)
    threads++;
    cr_assert_geq(threads, 1);
    for_each_family(check_first_generation, 1);
}
#endif
