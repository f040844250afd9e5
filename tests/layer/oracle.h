/* A whole layer in double precision, straight from the formula. Shares no code with the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_ORACLE_H
#define TESTS_LAYER_ORACLE_H

#include "layer/sample.h"

/* y [B,T,F], lse [B,H,T], weights [B,H,T,S], contiguous. */
void oracle_forward(const struct layer_sample *s, double *y, double *lse, double *weights);

#endif
