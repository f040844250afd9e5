/* Conversions between binary32 and the two 16-bit formats, exact or rounded to nearest even, and elements of any of
 * them. SPDX-License-Identifier: MIT */
#ifndef SA_BASE_HALF_H
#define SA_BASE_HALF_H

#include "selfattn.h"

#include <stdint.h>
#include <string.h>

static inline float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of_bf16(uint16_t half) {
    return float_of_bits((uint32_t)half << 16);
}

/* Exact for every binary16 value, subnormals, infinities and NaN included. */
static inline float float_of_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7fffu;
    if (magnitude >= 0x7c00u) return float_of_bits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude >= 0x0400u) return float_of_bits(sign | ((magnitude << 13) + 0x38000000u));
    float subnormal = (float)magnitude * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

/* 2^(e - 128), subnormal for 0 and 1. */
static inline float float_of_exponent(uint8_t e) {
    return float_of_bits(e < 2 ? 0x200000u << e : (e - 1u) << 23);
}

/* Rounded to nearest even; NaN stays NaN. */
static inline uint16_t bf16_of_float(float value) {
    uint32_t bits = bits_of_float(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* Rounded to nearest even, subnormals included; too large becomes infinity; NaN stays NaN. */
static inline uint16_t f16_of_float(float value) {
    uint32_t bits = bits_of_float(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* from 65520 on */
    if (magnitude < 0x38800000u) { /* below 2^-14: the sum's low bits are the result, rounded */
        float shifted = float_of_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_of_float(shifted) - 0x3f000000u));
    }
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13));
}

/* Bytes of an element of SA_F32, SA_BF16 or SA_F16. */
static inline int64_t element_size(int32_t dtype) {
    return dtype == SA_F32 ? 4 : 2;
}

static inline float element_load(const void *data, int32_t dtype, int64_t i) {
    if (dtype == SA_BF16) return float_of_bf16(((const uint16_t *)data)[i]);
    if (dtype == SA_F16) return float_of_f16(((const uint16_t *)data)[i]);
    return ((const float *)data)[i];
}

static inline void element_store(void *data, int32_t dtype, int64_t i, float value) {
    if (dtype == SA_BF16)
        ((uint16_t *)data)[i] = bf16_of_float(value);
    else if (dtype == SA_F16)
        ((uint16_t *)data)[i] = f16_of_float(value);
    else
        ((float *)data)[i] = value;
}

#endif
