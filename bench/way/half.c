/* SPDX-License-Identifier: MIT */
#include "way/half.h"

#include "selfattn.h"
#include "way/workload.h"

#include <math.h>
#include <string.h>

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Normal numbers of moderate size are all that a workload holds, so there is no infinity and no NaN to keep. */
static uint16_t bf16_of(float x) {
    const uint32_t bits = bits_of(x);
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/* The steps of binary16 at |x|: 2^-24 for subnormal numbers, else 11 significant bits. */
static uint16_t f16_of(float x) {
    const uint32_t sign = bits_of(x) >> 31 << 15;
    int exponent;
    frexpf(x, &exponent);
    const int lowest = exponent < -13 ? -13 : exponent;
    const uint32_t steps = (uint32_t)lrintf(ldexpf(fabsf(x), 11 - lowest));
    return (uint16_t)(sign | (steps < 1024 ? steps : ((uint32_t)(lowest + 14) << 10) + (steps - 1024)));
}

static float float_of_f16(uint16_t half) {
    const int exponent = half >> 10 & 31;
    const float significand = (float)((half & 1023) | (exponent ? 1024 : 0));
    const float x = ldexpf(significand, (exponent ? exponent : 1) - 25);
    return half >> 15 ? -x : x;
}

size_t dtype_size(int32_t dtype) {
    return dtype == SA_F32 ? sizeof(float) : sizeof(uint16_t);
}

void *narrowed(const float *x, int64_t n, int32_t dtype, const char *what) {
    void *memory = floats_new(dtype == SA_F32 ? n : (n + 1) / 2, 1, 1, 1, what);
    uint16_t *half = memory;
    if (!memory) return NULL;
    if (dtype == SA_F32)
        memcpy(memory, x, (size_t)n * sizeof *x);
    else
        for (int64_t i = 0; i < n; i++) half[i] = dtype == SA_BF16 ? bf16_of(x[i]) : f16_of(x[i]);
    return memory;
}

void widen(const void *narrow, int64_t n, int32_t dtype, float *x) {
    const uint16_t *half = narrow;
    if (dtype == SA_F32)
        memcpy(x, narrow, (size_t)n * sizeof *x);
    else
        for (int64_t i = 0; i < n; i++)
            x[i] = dtype == SA_BF16 ? float_of((uint32_t)half[i] << 16) : float_of_f16(half[i]);
}
