/* SPDX-License-Identifier: MIT */
#include "support/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct way ways[] = {
    {SA_PATH_PLAIN, SA_ISA_PORTABLE, SA_PRECISION_HIGHEST, 1e-6, "plain"},
    {SA_PATH_BLAS, SA_ISA_PORTABLE, SA_PRECISION_HIGHEST, 1e-6, "blas-portable"},
    {SA_PATH_BLAS, SA_ISA_NEON, SA_PRECISION_HIGHEST, 1e-6, "blas-neon"},
    {SA_PATH_BLAS, SA_ISA_AVX2, SA_PRECISION_HIGHEST, 1e-6, "blas-avx2"},
    {SA_PATH_BLAS, SA_ISA_AVX512, SA_PRECISION_HIGHEST, 1e-6, "blas-avx512"},
    {SA_PATH_FUSED, SA_ISA_PORTABLE, SA_PRECISION_HIGHEST, 1e-6, "fused-portable"},
    {SA_PATH_FUSED, SA_ISA_NEON, SA_PRECISION_HIGHEST, 1e-6, "fused-neon"},
    {SA_PATH_FUSED, SA_ISA_AVX2, SA_PRECISION_HIGHEST, 1e-6, "fused-avx2"},
    {SA_PATH_FUSED, SA_ISA_AVX512, SA_PRECISION_HIGHEST, 1e-6, "fused-avx512"},
    {SA_PATH_FUSED, SA_ISA_AVX512_BF16, SA_PRECISION_HIGHEST, 1e-6, "fused-avx512_bf16"},
    {SA_PATH_FUSED, SA_ISA_AMX, SA_PRECISION_HIGHEST, 1e-6, "fused-amx"},
    {SA_PATH_FUSED, SA_ISA_AVX512_BF16, SA_PRECISION_MEDIUM, 5e-3, "fused-avx512_bf16-medium"},
    {SA_PATH_FUSED, SA_ISA_AMX, SA_PRECISION_HIGH, 2e-5, "fused-amx-high"},
    {SA_PATH_FUSED, SA_ISA_AMX, SA_PRECISION_MEDIUM, 5e-3, "fused-amx-medium"},
};
const int all_ways_count = sizeof ways / sizeof ways[0], ways_count = sizeof ways / sizeof ways[0] - 3;

#ifdef WITHOUT_BLAS
const int has_blas = 0;
#else
const int has_blas = 1;
#endif

/* The words that say which BLAS these tests are for, or NULL. */
static const char *blas_meant(void) {
    const char *meant = getenv("SELFATTN_TEST_BLAS");
    return meant && *meant ? meant : NULL;
}

/* A context on the BLAS path loads the BLAS, and then it is known which one the loader takes. */
static void check_blas(void) {
    const char *meant = blas_meant();
    const sa_ctx_options options = {.struct_size = sizeof options, .path = SA_PATH_BLAS};
    sa_ctx *ctx;
    if (!meant) return;
    if (sa_ctx_create(&options, &ctx) != SA_OK || !strstr(sa_build_info(), meant)) {
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", meant, sa_build_info());
        exit(1);
    }
    sa_ctx_destroy(&ctx);
}

sa_ctx *ctx_open(const sa_ctx_options *options) {
    sa_ctx *ctx = NULL;
    check_blas();
    if (sa_ctx_create(options, &ctx) == SA_OK) return ctx;
    fprintf(stderr, "sa_ctx_create: %s\n", sa_ctx_last_error(NULL));
    exit(1);
}

static sa_ctx *open_way(const struct way *way, int32_t threads, int32_t same_bits) {
    static unsigned said;
    if (way->path == SA_PATH_BLAS && !has_blas) return NULL; /* CMake says so */
    if (way->path != SA_PATH_BLAS && blas_meant()) return NULL;
    sa_ctx_options options = {.struct_size = sizeof options,
                              .threads = threads,
                              .path = way->path,
                              .isa = way->isa,
                              .precision = way->precision,
                              .same_bits = same_bits};
    sa_ctx *ctx = ctx_open(&options);
    if (sa_ctx_isa(ctx) == way->isa && sa_ctx_precision(ctx) == way->precision) return ctx;
    if (!(said & 1u << (way - ways))) fprintf(stderr, "SKIPPED %s: this CPU lacks it\n", way->name);
    said |= 1u << (way - ways);
    sa_ctx_destroy(&ctx);
    return NULL;
}

sa_ctx *way_open(const struct way *way, int32_t threads) {
    return open_way(way, threads, 0);
}

int way_is_here(const struct way *way) {
    sa_ctx *ctx = way_open(way, 1);
    const int is_here = ctx != NULL;
    sa_ctx_destroy(&ctx);
    return is_here;
}

sa_ctx *way_open_same_bits(const struct way *way, int32_t threads) {
    return open_way(way, threads, 1);
}
