/* From the last hidden state to one vector per sequence.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_POOLING_H
#define SA_STACK_POOLING_H

#include "parallel/parallel.h"

/* y(b) = mean of x(b,t) over t < lengths[b], scaled to length 1 (a vector of zeros stays one). x is [B][T][E]; lengths
 * NULL: all T. */
void mean_pool(const struct parallel *parallel, const float *x, const int64_t *lengths, int64_t B, int64_t T, int64_t E,
               float *y);

#endif
