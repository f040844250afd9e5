/* A parallel-for on real threads, as a caller may hand it to a context.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_THREADS_POOL_H
#define TESTS_THREADS_POOL_H

#include "selfattn.h"

/* body(arg, i) for i in 0 .. count-1, each on a thread of its own. `user` is not used. */
void pool_for(void *user, int64_t count, sa_body_fn body, void *arg);

#endif
