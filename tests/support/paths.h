/* All ways to compute on this machine: each path with each instruction set of the CPU.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PATHS_H
#define TESTS_SUPPORT_PATHS_H

#include "selfattn.h"

struct way {
    int32_t path, isa, precision;
    double error;     /* largest norm-relative error for scores of unit variance */
    const char *name; /* "blas-avx2" */
};

/* All ways of the library, also those that this CPU lacks: first ways_count of the highest precision, then the
 * others. */
extern const struct way ways[];
extern const int ways_count, all_ways_count;

/* A context that computes this way with `threads` threads; NULL (and a line on stderr, once per process and way) if the
 * CPU lacks it. NULL too for other paths than BLAS if SELFATTN_TEST_BLAS is set: no BLAS has a part in them. Any other
 * failure ends the test. */
sa_ctx *way_open(const struct way *way, int32_t threads);

/* Whether way_open() makes one. */
int way_is_here(const struct way *way);

/* The same as way_open() with same_bits. */
sa_ctx *way_open_same_bits(const struct way *way, int32_t threads);

/* 0 if the library was built with SELFATTN_BLAS=none. */
extern const int has_blas;

/* A context with these options; a failure ends the test. The test also ends if the BLAS's description in
 * sa_build_info() lacks the words of the environment variable SELFATTN_TEST_BLAS: the loader may easily find another
 * BLAS than the intended one. */
sa_ctx *ctx_open(const sa_ctx_options *options);

#endif
