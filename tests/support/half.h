/* The two 16-bit formats by their definition: slow, simple, and without code of the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HALF_H
#define TESTS_SUPPORT_HALF_H

#include <stdint.h>

/* The number with these bits in SA_BF16 or SA_F16. */
double half_value(uint16_t bits, int32_t dtype);

/* The bits of the nearest number of the type, the even one of two; any NaN for NaN. */
uint16_t half_nearest(double value, int32_t dtype);

#endif
