/* SPDX-License-Identifier: MIT */
#include "support/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct way ways[] = {
    {SA_PATH_PLAIN, SA_ISA_PORTABLE, "plain"},
    {SA_PATH_BLAS, SA_ISA_PORTABLE, "blas-portable"},
    {SA_PATH_BLAS, SA_ISA_AVX2, "blas-avx2"},
    {SA_PATH_BLAS, SA_ISA_AVX512, "blas-avx512"},
};
const int ways_count = sizeof ways / sizeof ways[0];

sa_ctx *ctx_open(const sa_ctx_options *options) {
    sa_ctx *ctx = NULL;
    const char *blas = getenv("SELFATTN_TEST_BLAS");
    if (blas && !strstr(sa_build_info(), blas)) {
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", blas, sa_build_info());
        exit(1);
    }
    if (sa_ctx_create(options, &ctx) == SA_OK) return ctx;
    fprintf(stderr, "sa_ctx_create: %s\n", sa_ctx_last_error(NULL));
    exit(1);
}

sa_ctx *way_open(const struct way *way, int32_t threads) {
    static unsigned said;
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = way->path, .isa = way->isa};
    sa_ctx *ctx = ctx_open(&options);
    if (sa_ctx_isa(ctx) == way->isa) return ctx;
    if (!(said & 1u << (way - ways))) fprintf(stderr, "SKIPPED %s: this CPU lacks it\n", way->name);
    said |= 1u << (way - ways);
    sa_ctx_destroy(&ctx);
    return NULL;
}
