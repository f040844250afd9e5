/* Every way in which this machine can compute: each path with each instruction set that the CPU has.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PATHS_H
#define TESTS_SUPPORT_PATHS_H

#include "selfattn.h"

struct way {
    int32_t path, isa, precision;
    double error;     /* largest norm-relative error for scores of unit variance */
    const char *name; /* "blas-avx2" */
};

/* All ways that the library knows, also those that this CPU lacks: first ways_count of the highest precision, then the
 * others. */
extern const struct way ways[];
extern const int ways_count, all_ways_count;

/* A context that computes this way with `threads` threads, or NULL (and a line on stderr, once per process and way)
 * where the CPU lacks it. Any other failure ends the test. */
sa_ctx *way_open(const struct way *way, int32_t threads);

/* A context with these options; a failure ends the test. So does a BLAS whose description in sa_build_info() lacks the
 * words in the environment variable SELFATTN_TEST_BLAS: the loader is easily led to another one than was meant. */
sa_ctx *ctx_open(const sa_ctx_options *options);

#endif
