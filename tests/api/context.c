/* The context: options, environment, what it says about itself, and one caller at a time.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include "cpu/cpu.h"
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void one_by_one(void *user, int64_t count, sa_body_fn body, void *arg) {
    (void)user;
    for (int64_t i = 0; i < count; i++) body(arg, i);
}

static void *no_memory(void *user, size_t size, size_t alignment) {
    (void)user, (void)size, (void)alignment;
    return NULL;
}

static void keep(void *user, void *memory, size_t size) {
    (void)user, (void)memory, (void)size;
}

static void expect_refused(sa_ctx_options options, sa_status status, const char *words) {
    sa_ctx *ctx = (sa_ctx *)&options;
    options.struct_size = sizeof options;
    sa_status got = sa_ctx_create(&options, &ctx);
    const char *sentence = sa_ctx_last_error(NULL);
    cr_expect_eq(got, status, "%s: status %d (%s)", words, got, sentence);
    cr_expect(strstr(sentence, words), "\"%s\" does not say \"%s\"", sentence, words);
    cr_expect_null(ctx, "a failed creation leaves NULL");
}

Test(context, refused_options) {
    expect_refused((sa_ctx_options){.threads = -1}, SA_ERR_VALUE, "threads is -1, must be 0 to 1024");
    expect_refused((sa_ctx_options){.threads = 1025}, SA_ERR_VALUE, "threads is 1025");
    expect_refused((sa_ctx_options){.parallel = 5}, SA_ERR_VALUE, "parallel is 5");
    expect_refused((sa_ctx_options){.parallel = -1}, SA_ERR_VALUE, "parallel is -1");
    expect_refused((sa_ctx_options){.parallel = SA_PARALLEL_CALLBACK}, SA_ERR_NULL, "parallel_for");
    expect_refused((sa_ctx_options){.parallel = SA_PARALLEL_SERIAL, .parallel_for = one_by_one}, SA_ERR_VALUE,
                   "parallel is 1 and would not use it");
    expect_refused((sa_ctx_options){.path = 4}, SA_ERR_VALUE, "path is 4");
    expect_refused((sa_ctx_options){.path = -1}, SA_ERR_VALUE, "path is -1");
    expect_refused((sa_ctx_options){.isa = 1000}, SA_ERR_VALUE, "isa is 1000");
    expect_refused((sa_ctx_options){.isa = -7}, SA_ERR_VALUE, "isa is -7");
    expect_refused((sa_ctx_options){.precision = 3}, SA_ERR_VALUE, "precision is 3");
    expect_refused((sa_ctx_options){.precision = -1}, SA_ERR_VALUE, "precision is -1");
    expect_refused((sa_ctx_options){.same_bits = 2}, SA_ERR_VALUE, "same_bits is 2");
    expect_refused((sa_ctx_options){.allocate = no_memory}, SA_ERR_NULL, "release is NULL");
    expect_refused((sa_ctx_options){.release = keep}, SA_ERR_NULL, "allocate is NULL");
    expect_refused((sa_ctx_options){.allocate = no_memory, .release = keep}, SA_ERR_MEMORY, "no memory");
}

/* The build says which back ends it has. */
Test(context, back_ends) {
    int openmp = strstr(sa_build_info(), "callback OpenMP") != NULL;
    if (!openmp) expect_refused((sa_ctx_options){.parallel = SA_PARALLEL_OPENMP}, SA_ERR_UNSUPPORTED, "has no OpenMP");
    const struct {
        sa_ctx_options options;
        int32_t parallel, threads;
    } cases[] = {
        {{.threads = 3}, SA_PARALLEL_POOL, 3},
        {{.threads = 3, .parallel = SA_PARALLEL_POOL}, SA_PARALLEL_POOL, 3},
        {{.threads = 3, .parallel = SA_PARALLEL_SERIAL}, SA_PARALLEL_SERIAL, 1},
        {{.threads = 1024, .parallel_for = one_by_one}, SA_PARALLEL_CALLBACK, 1024},
        {{.threads = 2, .parallel_for = one_by_one, .parallel = SA_PARALLEL_CALLBACK}, SA_PARALLEL_CALLBACK, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_ctx_options options = cases[i].options;
        options.struct_size = sizeof options;
        sa_ctx *ctx = ctx_open(&options);
        cr_expect_eq(sa_ctx_parallel(ctx), cases[i].parallel, "case %zu: %d", i, sa_ctx_parallel(ctx));
        cr_expect_eq(sa_ctx_threads(ctx), cases[i].threads, "case %zu: %d", i, sa_ctx_threads(ctx));
        sa_ctx_destroy(&ctx);
    }
}

Test(context, defaults) {
    sa_ctx *ctx = ctx_open(NULL);
    cr_expect(sa_ctx_threads(ctx) >= 1 && sa_ctx_threads(ctx) <= 1024);
    cr_expect(sa_ctx_isa(ctx) >= SA_ISA_PORTABLE && sa_ctx_path(ctx) == SA_PATH_FUSED);
    cr_expect_eq(sa_ctx_precision(ctx), SA_PRECISION_HIGHEST);
    cr_expect_eq(sa_ctx_scratch_bytes(ctx), 0);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "", "nothing has failed yet");
    sa_ctx_destroy(&ctx);
}

/* What a context chooses with these variables; 0 where it is refused. */
static void choose(const char *path, const char *isa, sa_ctx_options options, int32_t *chosen_path,
                   int32_t *chosen_isa) {
    sa_ctx *ctx = NULL;
    options.struct_size = sizeof options;
    setenv("SELFATTN_PATH", path, 1);
    setenv("SELFATTN_ISA", isa, 1);
    sa_status status = sa_ctx_create(&options, &ctx);
    cr_expect(status == SA_OK || status == SA_ERR_VALUE, "%s", sa_ctx_last_error(NULL));
    *chosen_path = sa_ctx_path(ctx);
    *chosen_isa = sa_ctx_isa(ctx);
    sa_ctx_destroy(&ctx);
}

Test(context, environment) {
    int32_t path, isa, best;
    choose("", "", (sa_ctx_options){0}, &path, &best);
    cr_expect(path == SA_PATH_FUSED && best >= SA_ISA_PORTABLE, "empty is not set");
    choose("plain", "auto", (sa_ctx_options){0}, &path, &isa);
    cr_expect(path == SA_PATH_PLAIN && isa == best);
    choose("plain", "portable", (sa_ctx_options){.path = SA_PATH_FUSED}, &path, &isa);
    cr_expect(path == SA_PATH_FUSED && isa == SA_ISA_PORTABLE, "SELFATTN_PATH stands in for a default alone");
    choose("auto", "avx512", (sa_ctx_options){.isa = SA_ISA_PORTABLE}, &path, &isa);
    cr_expect(path == SA_PATH_FUSED && isa == SA_ISA_PORTABLE, "SELFATTN_ISA never raises the option");
    choose(has_blas ? "blas" : "plain", "avx2", (sa_ctx_options){.isa = SA_ISA_AVX512}, &path, &isa);
    cr_expect(path == (has_blas ? SA_PATH_BLAS : SA_PATH_PLAIN) && isa_has(SA_ISA_AVX2, isa),
              "SELFATTN_ISA lowers the option");
    choose("fused", "amx", (sa_ctx_options){0}, &path, &isa);
    cr_expect(path == SA_PATH_FUSED && isa == best);
    choose("", "", (sa_ctx_options){.isa = SA_ISA_AVX512}, &path, &isa);
    cr_expect_eq(isa, isa_has(SA_ISA_AVX512, best) ? best : SA_ISA_AVX512, "the option is a cap");
    choose("", "avx512_bf16", (sa_ctx_options){.isa = SA_ISA_AMX}, &path, &isa);
    cr_expect(isa != SA_ISA_AMX && (isa_has(SA_ISA_AVX512, best) ? isa == best : isa == SA_ISA_AVX512_BF16),
              "AMX is above AVX512-BF16, whatever their numbers are");
    choose("", "amx", (sa_ctx_options){.isa = SA_ISA_AVX512_BF16}, &path, &isa);
    cr_expect(isa != SA_ISA_AMX, "SELFATTN_ISA never raises the option");
}

Test(context, environment_that_names_nothing) {
    int32_t path, isa;
    choose("fast", "auto", (sa_ctx_options){0}, &path, &isa);
    cr_expect(path == 0, "refused");
    cr_expect_str_eq(sa_ctx_last_error(NULL),
                     "the environment variable SELFATTN_PATH is \"fast\", must be one of auto, plain, blas, fused");
    choose("auto", "AVX2", (sa_ctx_options){.isa = SA_ISA_PORTABLE}, &path, &isa);
    cr_expect(path == 0, "refused");
    cr_expect_str_eq(sa_ctx_last_error(NULL), "the environment variable SELFATTN_ISA is \"AVX2\", must be one of auto, "
                                              "portable, simd128, neon, avx2, avx512, "
                                              "avx512_bf16, amx");
}

static int32_t precision_of(int32_t path, int32_t isa, int32_t precision) {
    sa_ctx_options options = {.struct_size = sizeof options, .path = path, .isa = isa, .precision = precision};
    sa_ctx *ctx = ctx_open(&options);
    int32_t got = sa_ctx_precision(ctx), real = sa_ctx_isa(ctx);
    int can = real == SA_ISA_AMX || (real == SA_ISA_AVX512_BF16 && precision == SA_PRECISION_MEDIUM);
    cr_expect(can || got == SA_PRECISION_HIGHEST, "without products of bf16 that are faster");
    sa_ctx_destroy(&ctx);
    return can ? got : precision;
}

Test(context, precision_is_only_lowered_where_that_is_faster) {
    for (int32_t p = SA_PRECISION_HIGHEST; p <= SA_PRECISION_MEDIUM; p++) {
        cr_expect_eq(precision_of(SA_PATH_AUTO, SA_ISA_AUTO, p), p);
        cr_expect_eq(precision_of(SA_PATH_FUSED, SA_ISA_AMX, p), p);
        cr_expect_eq(precision_of(SA_PATH_FUSED, SA_ISA_AVX512_BF16, p), p);
        precision_of(SA_PATH_FUSED, SA_ISA_AVX512, p);
    }
    sa_ctx_options blas = {.struct_size = sizeof blas, .path = SA_PATH_BLAS, .precision = SA_PRECISION_MEDIUM};
    sa_ctx *ctx = NULL;
    if (!has_blas) {
        cr_expect_eq(sa_ctx_create(&blas, &ctx), SA_ERR_UNSUPPORTED);
        cr_expect(strstr(sa_ctx_last_error(NULL), "this library was built with SELFATTN_BLAS=none"), "%s",
                  sa_ctx_last_error(NULL));
        return;
    }
    ctx = ctx_open(&blas);
    cr_expect_eq(sa_ctx_precision(ctx), SA_PRECISION_HIGHEST, "a BLAS computes in float32");
    sa_ctx_destroy(&ctx);
}

/* Calls everything again on the context that is just calling back. */
static void call_again(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct valid *v = user;
    struct valid other;
    uint64_t bytes = 1;
    other = *v;
    sa_layer *layer = NULL;
    cr_expect_eq(sa_attention(v->ctx, &other.attention), SA_ERR_BUSY);
    cr_expect(strstr(sa_ctx_last_error(NULL), "another call is using this context"), "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(sa_attention_workspace_size(v->ctx, &other.attention, &bytes), SA_ERR_BUSY);
    cr_expect_eq(sa_forward(v->ctx, v->layer, &other.forward), SA_ERR_BUSY);
    cr_expect_eq(sa_forward_workspace_size(v->ctx, v->layer, &other.forward, &bytes), SA_ERR_BUSY);
    cr_expect_eq(sa_layer_create(v->ctx, &other.config, &layer), SA_ERR_BUSY);
    cr_expect_null(layer);
    cr_expect_eq(sa_ctx_reserve(v->ctx, 1), SA_ERR_BUSY);
    v->lengths[0]++;
    for (int64_t i = 0; i < count; i++) body(arg, i);
}

Test(context, has_one_caller_at_a_time) {
    struct valid v;
    valid_make(&v);
    sa_ctx_destroy(&v.ctx);
    sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = call_again, .parallel_user = &v};
    v.ctx = ctx_open(&options);
    v.lengths[0] = 0;
    cr_expect_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    cr_expect_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    cr_expect(v.lengths[0] > 1, "the callback was called %d times", (int)v.lengths[0]);
    cr_expect_eq(sa_ctx_reserve(v.ctx, 1), SA_OK, "free again");
    valid_free(&v);
}
