/* Arrays between two pages without access: reading or writing behind the end, or before the start, crashes the test.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_GUARDED_H
#define TESTS_SUPPORT_GUARDED_H

#include <stddef.h>

/* `bytes` zeroed bytes that end right before the guard page; never NULL (without memory, the test ends). Where
 * SELFATTN_TEST_BLAS is "BLIS", a page more may be read behind them. */
void *guarded_alloc(size_t bytes);

/* The same, but they begin right behind the other guard page. */
void *guarded_alloc_start(size_t bytes);
void guarded_free(void *memory, size_t bytes);

#endif
