/* The factor of a matrix that random features need, by LAPACKE. The library is loaded when it is first needed.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BLAS_LAPACK_H
#define SA_BLAS_LAPACK_H

#include <stdint.h>

/* Numbers of doubles that lapack_orthogonal() works in, for n columns. */
enum { LAPACK_WORK = 34 /* a block of 32, tau, and signs */ };

/* a, n x n with columns one behind the other, becomes the orthogonal factor Q of a = Q R, where R has no negative
 * element on its diagonal: that Q is unique. `work` has n * LAPACK_WORK elements. NULL, or why not: a static text. Any
 * thread. */
const char *lapack_orthogonal(double *a, int64_t n, double *work);

#endif
