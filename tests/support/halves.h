/* Numbers of half a float32's width, for tests of SA_BF16 and SA_F16.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HALVES_H
#define TESTS_SUPPORT_HALVES_H

#include "selfattn.h"

/* Cuts *x, of magnitude below 65504, to what `dtype` holds (0 where a binary16 would be subnormal) and returns its bits there. */
uint16_t half_cut(int32_t dtype, float *x);

/* Half the distance of the two numbers of `dtype` that x lies between: what rounding to nearest may change. */
double half_rounding(int32_t dtype, double x);

#endif
