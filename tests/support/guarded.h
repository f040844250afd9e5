/* Arrays that end right before a page that may not be touched: reading or writing past the end crashes the test.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_GUARDED_H
#define TESTS_SUPPORT_GUARDED_H

#include <stddef.h>

/* `bytes` zeroed bytes, the last of which is the last before the guard page; never NULL (a test without memory ends). */
void *guarded_alloc(size_t bytes);
void guarded_free(void *memory, size_t bytes);

#endif
