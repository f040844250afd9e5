/* SPDX-License-Identifier: MIT */
#include "base/frequencies.h"

#include <math.h>

void plain_frequencies(double *frequency, int64_t rotary, double theta) {
    for (int64_t i = 0; i < (rotary + 1) / 2; i++) frequency[i] = pow(theta, -2 * (double)i / (double)rotary);
}
