/* SPDX-License-Identifier: MIT */
#include "support/half.h"

#include "selfattn.h"

#include <math.h>

static int fraction_bits(int32_t dtype) {
    return dtype == SA_BF16 ? 7 : 10;
}

/* The largest exponent is treated like the others: infinity then is the first number that is too large. */
static double magnitude_of(int bits, int32_t dtype) {
    int width = fraction_bits(dtype), bias = dtype == SA_BF16 ? 127 : 15;
    int exponent = bits >> width, fraction = bits & ((1 << width) - 1);
    if (exponent == 0) return ldexp(fraction, 1 - bias - width);
    return ldexp((1 << width) + fraction, exponent - bias - width);
}

static int infinity_bits(int32_t dtype) {
    return dtype == SA_BF16 ? 0x7f80 : 0x7c00;
}

double half_value(uint16_t bits, int32_t dtype) {
    int magnitude = bits & 0x7fff, infinity = infinity_bits(dtype);
    double value = magnitude > infinity ? NAN : magnitude == infinity ? INFINITY : magnitude_of(magnitude, dtype);
    return bits & 0x8000 ? -value : value;
}

/* Magnitudes ascend with their bits, so the neighbours of a number are found by bisection. */
uint16_t half_nearest(double value, int32_t dtype) {
    int low = 0, high = infinity_bits(dtype), sign = signbit(value) ? 0x8000 : 0;
    double magnitude = fabs(value);
    if (isnan(value)) return (uint16_t)(sign | 0x7fff);
    if (magnitude >= magnitude_of(high, dtype)) return (uint16_t)(sign | high);
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (magnitude_of(middle, dtype) <= magnitude)
            low = middle;
        else
            high = middle;
    }
    double below = magnitude - magnitude_of(low, dtype), above = magnitude_of(high, dtype) - magnitude;
    int nearest = below < above ? low : above < below ? high : low % 2 == 0 ? low : high;
    return (uint16_t)(sign | nearest);
}
