/* Loops as a caller may hand them to a context.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_THREADS_POOL_H
#define TESTS_THREADS_POOL_H

#include "selfattn.h"

/* body(arg, i) for i in 0 .. count-1, each on a thread of its own. `user` is not used. */
void pool_for(void *user, int64_t count, sa_body_fn body, void *arg);

/* The same one after the other, in an order that is drawn: by the caller; and each by a thread of its own. `user` is
 * the uint64_t that the order is drawn from, and moves on. */
void shuffled_for(void *user, int64_t count, sa_body_fn body, void *arg);
void shuffled_elsewhere_for(void *user, int64_t count, sa_body_fn body, void *arg);

/* All of them. */
enum { LOOPS = 3 };
extern const sa_parallel_for_fn loops[LOOPS];

#endif
