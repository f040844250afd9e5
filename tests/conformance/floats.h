/* Tensors as float32 numbers, in which the library's inner functions work, converted by its kernels.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_FLOATS_H
#define TESTS_CONFORMANCE_FLOATS_H

#include "verdict.h"

/* A value's numbers in memory that free() releases. */
float *floats_of(const sa_ctx *ctx, const struct value *v);

/* Room for `count` numbers, all 0. */
float *floats_new(int64_t count);

/* verdict_compare() for numbers that are rounded to the output's dtype first. */
void floats_compare(struct verdict *v, const sa_ctx *ctx, const struct test_case *c, const char *formal,
                    const float *got);

#endif
