/* Work on rows or numbers, cut into tasks by their count alone.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_ROWS_H
#define SA_STACK_ROWS_H

#include "parallel/parallel.h"

/* Rows first .. last - 1. */
typedef void (*rows_fn)(void *arg, int64_t first, int64_t last);

/* Calls `rows` for ranges that together are 0 .. count - 1. */
void rows_run(const struct parallel *parallel, int64_t count, rows_fn rows, void *arg);

/* The same for the numbers of an array, many at a time. */
void numbers_run(const struct parallel *parallel, int64_t count, rows_fn numbers, void *arg);

#endif
