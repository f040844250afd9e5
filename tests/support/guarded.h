/* Arrays between two pages that may not be touched: reading or writing past the end crashes the test, or in front of
 * the start.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_GUARDED_H
#define TESTS_SUPPORT_GUARDED_H

#include <stddef.h>

/* `bytes` zeroed bytes, the last of which is the last before the guard page; never NULL (a test without memory ends).
 */
void *guarded_alloc(size_t bytes);

/* The same, but the first of which is the first behind the other guard page. */
void *guarded_alloc_start(size_t bytes);
void guarded_free(void *memory, size_t bytes);

#endif
