/* Which operators can be run, one function each.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_OPERATORS_H
#define TESTS_CONFORMANCE_OPERATORS_H

#include "verdict.h"

/* Runs a case on the context, or skips it with the reason. */
typedef struct verdict (*operator_fn)(sa_ctx *ctx, struct test_case *c);

struct verdict run_attention(sa_ctx *ctx, struct test_case *c);

/* NULL where the library has no such operator. */
operator_fn operator_named(const char *op);

#endif
