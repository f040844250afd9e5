/* The OpenMP back end.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PARALLEL_OPENMP_H
#define SA_PARALLEL_OPENMP_H

#include "selfattn.h"

/* 1 if OpenMP is compiled in. */
int openmp_available(void);

/* body(arg, i) for i in 0 .. count-1 on a team of `count` threads; serially if no team can be started. */
void openmp_for(int32_t count, sa_body_fn body, void *arg);

#endif
