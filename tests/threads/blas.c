/* The host's BLAS and OpenMP settings are found again as they were, also after concurrent calls, and change no result.
 * SPDX-License-Identifier: MIT */
#include "blas/library.h"
#include "layer/sample.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Whatever of these is in the process; which BLAS that is, the loader decides. */
#define WEAK __attribute__((weak))
extern WEAK int openblas_get_parallel(void);
extern WEAK int openblas_get_num_threads(void);
extern WEAK void openblas_set_num_threads(int threads);
extern WEAK int omp_get_max_threads(void);
extern WEAK void omp_set_num_threads(int threads);
extern WEAK intptr_t bli_thread_get_num_threads(void);
extern WEAK void bli_thread_set_num_threads(intptr_t threads);
extern WEAK char *bli_info_get_version_str(void);

enum { PTHREAD_BUILD = 1, CALLERS = 4, CALLS = 20 };

static void set_host(int threads) {
    if (openblas_set_num_threads) openblas_set_num_threads(threads);
    if (omp_set_num_threads) omp_set_num_threads(threads);
    if (bli_thread_set_num_threads) bli_thread_set_num_threads(threads);
}

static int host_blas(void) {
    if (bli_thread_get_num_threads) return (int)bli_thread_get_num_threads();
    return openblas_get_num_threads ? openblas_get_num_threads() : 0;
}

static int host_openmp(void) {
    return omp_get_max_threads ? omp_get_max_threads() : 0;
}

static const struct layer_shape shape = {
    .B = 1, .T = 150, .S = 150, .H = 4, .K = 4, .D = 64, .Dv = 64, .E = 256, .W = 256, .F = 256, .projected = 1};

/* A path that makes its products by BLAS, and one that does not. */
static const int32_t paths[] = {SA_PATH_BLAS, SA_PATH_FUSED};
enum { PATHS = sizeof paths / sizeof paths[0] };

/* A layer, its input, and what it gives on a path under a host that uses one thread. */
struct host {
    struct layer_sample sample;
    int32_t path;
    sa_layer *layer;
    float *want;
    size_t bytes;
    int seen; /* the BLAS's thread count during a call, plus 1 */
    int wrong[CALLERS];
};

static sa_ctx *open_context(const struct host *h, int32_t threads) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = h->path};
    return ctx_open(&options);
}

static void host_make(struct host *h, int32_t path) {
    *h = (struct host){.path = path};
    sa_ctx *ctx = open_context(h, 0);
    layer_sample_make(&h->sample, &shape, 2);
    h->sample.args.lse.data = h->sample.args.weights.data = NULL;
    h->layer = layer_sample_open(&h->sample, ctx);
    set_host(1);
    cr_assert_eq(sa_forward(ctx, h->layer, &h->sample.args), SA_OK, "%s", sa_ctx_last_error(ctx));
    h->bytes = (size_t)h->sample.y_floats * sizeof(float);
    h->want = memcpy(malloc(h->bytes), h->sample.y, h->bytes);
    sa_ctx_destroy(&ctx);
}

static void host_free(struct host *h) {
    sa_layer_destroy(&h->layer);
    layer_sample_free(&h->sample);
    free(h->want);
}

static void check_setting(struct host *h, int threads, int32_t own) {
    sa_ctx *ctx = open_context(h, own);
    set_host(threads);
    int blas = host_blas(), openmp = host_openmp();
    cr_assert_eq(sa_forward(ctx, h->layer, &h->sample.args), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(host_blas(), blas, "BLAS threads were %d, are %d", blas, host_blas());
    cr_expect_eq(host_openmp(), openmp, "OpenMP threads were %d, are %d", openmp, host_openmp());
    cr_expect(!memcmp(h->sample.y, h->want, h->bytes), "the host's %d threads change the bits", threads);
    cr_expect_eq(sa_forward(ctx, h->layer, NULL), SA_ERR_NULL);
    cr_expect_eq(host_blas(), blas, "after a refused call BLAS threads were %d, are %d", blas, host_blas());
    sa_ctx_destroy(&ctx);
}

Test(blas, the_hosts_setting_comes_back) {
    for (int p = 0; p < PATHS; p++) {
        struct host h;
        host_make(&h, paths[p]);
        for (int threads = 1; threads <= 4; threads++)
            for (int32_t own = 1; own <= 3; own++) check_setting(&h, threads, own);
        host_free(&h);
    }
}

static void look(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct host *h = user;
    h->seen = 1 + host_blas();
    pool_for(NULL, count, body, arg);
}

/* Whether the process has one thread count, which calls hold at 1. */
static int count_is_held(void) {
    if (bli_info_get_version_str) return !strncmp(bli_info_get_version_str(), "0.", 2);
    return openblas_get_parallel && openblas_get_parallel() == PTHREAD_BUILD;
}

/* During a call of two threads on that path a host's BLAS of three threads has `meant`, if its count can be held. */
static void check_during_call(int32_t path, int meant) {
    struct host h;
    host_make(&h, path);
    sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = look, .parallel_user = &h, .path = path};
    sa_ctx *ctx = ctx_open(&options);
    set_host(3);
    cr_assert_eq(sa_forward(ctx, h.layer, &h.sample.args), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_gt(h.seen, 0, "the callback was called");
    if (count_is_held()) cr_expect_eq(h.seen, 1 + meant, "BLAS threads during a call: %d", h.seen - 1);
    cr_expect(!memcmp(h.sample.y, h.want, h.bytes));
    sa_ctx_destroy(&ctx);
    host_free(&h);
}

Test(blas, does_not_thread_inside_our_threads) {
    check_during_call(SA_PATH_BLAS, 1);
}

Test(blas, is_left_alone_by_calls_that_do_not_use_it) {
    check_during_call(SA_PATH_FUSED, 3);
    check_during_call(SA_PATH_PLAIN, 3);
}

/* Why a library cannot be used is the loader's sentence, which names it. */
Test(blas, that_cannot_be_loaded) {
    struct blas blas;
    if (!blas_unopened) cr_skip("linked, not loaded");
    const char *why = blas_open(&blas, "libnothing.so.0");
    cr_expect(why && strstr(why, "libnothing.so.0") && strstr(why, "No such file"), "%s", why);
    why = blas_open(&blas, "libpthread.so.0");
    cr_expect(why && strstr(why, "libpthread.so.0") && strstr(why, "undefined symbol: cblas_sgemm"), "%s", why);
    cr_expect(blas_open(&blas, blas_library) == NULL);
    cr_expect(blas.sgemm && blas.sgemm == cblas_sgemm, "the host's copy is the same");
}

/* Calls begin and end at different times. */
static void call(void *arg, int64_t index) {
    struct host *h = arg;
    sa_ctx *ctx = open_context(h, (int32_t)(1 + index % 2));
    sa_forward_args args = h->sample.args;
    float *y = malloc(h->bytes);
    args.y.data = y;
    for (int i = 0; i < CALLS; i++)
        h->wrong[index] += sa_forward(ctx, h->layer, &args) != SA_OK || memcmp(y, h->want, h->bytes) != 0;
    free(y);
    sa_ctx_destroy(&ctx);
}

Test(blas, the_hosts_setting_comes_back_after_concurrent_calls) {
    struct host h;
    host_make(&h, SA_PATH_BLAS);
    for (int threads = 1; threads <= 3; threads++) {
        set_host(threads);
        int blas = host_blas(), openmp = host_openmp();
        pool_for(NULL, CALLERS, call, &h);
        cr_expect_eq(host_blas(), blas, "BLAS threads were %d, are %d", blas, host_blas());
        cr_expect_eq(host_openmp(), openmp, "OpenMP threads were %d, are %d", openmp, host_openmp());
        for (int i = 0; i < CALLERS; i++) cr_expect_eq(h.wrong[i], 0, "caller %d: %d wrong results", i, h.wrong[i]);
    }
    host_free(&h);
}
