/* The frequencies of rotary positions before any scaling.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_FREQUENCIES_H
#define SA_BASE_FREQUENCIES_H

#include <stdint.h>

/* frequency[i] = theta^(-2i/R) for the pairs i < ceil(R/2) of R = rotary elements (Su et al., "RoFormer", 2021). */
void plain_frequencies(double *frequency, int64_t rotary, double theta);

#endif
