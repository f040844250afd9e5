/* SPDX-License-Identifier: MIT */
#include "support/halves.h"

#include <math.h>
#include <string.h>

static const float F16_LEAST = 0x1p-14f;

uint16_t half_cut(int32_t dtype, float *x) {
    uint32_t bits;
    if (dtype == SA_F16 && fabsf(*x) < F16_LEAST) *x = 0;
    memcpy(&bits, x, sizeof bits);
    bits &= dtype == SA_F16 ? 0xffffe000u : 0xffff0000u;
    memcpy(x, &bits, sizeof bits);
    if (dtype == SA_BF16) return (uint16_t)(bits >> 16);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    return (uint16_t)(magnitude ? sign | (magnitude - (112u << 23)) >> 13 : sign);
}

double half_rounding(int32_t dtype, double x) {
    enum { F16_DIGITS = 11, BF16_DIGITS = 8, F16_LOWEST = -13 };
    int exponent;
    frexp(x, &exponent);
    if (dtype == SA_F16 && exponent < F16_LOWEST) exponent = F16_LOWEST;
    return ldexp(.5, exponent - (dtype == SA_F16 ? F16_DIGITS : BF16_DIGITS));
}
