/* The part of the vocabulary for quantised weights, for any processor. Meanings as in kernel/x86/bytes_avx2.h. To be
 * included after a vec_*.h.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_PLAIN_BYTES_PLAIN_H
#define SA_KERNEL_PLAIN_BYTES_PLAIN_H

#include "base/compiler.h"
#include "base/half.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { BYTES = 32, QUADS = 8 };
typedef struct {
    uint8_t at[BYTES];
} VB;
typedef struct {
    int32_t at[QUADS];
} VI;
typedef struct {
    float at[QUADS];
} V8;
typedef V8 VQ;
enum { STEP = 1 };

/* The compiler decides: there are many types. */
#define UNROLL_UNITS

#define EACH(type, count, expression)                                                                                  \
    type result;                                                                                                       \
    for (int i = 0; i < count; i++) result.at[i] = expression;                                                         \
    return result

static ALWAYS_INLINE float float_of_half(uint16_t half) {
    return float_of_f16(half);
}
static ALWAYS_INLINE VB vb_load(const uint8_t *p, const int64_t step) {
    VB x;
    (void)step;
    memcpy(&x, p, sizeof x);
    return x;
}
static ALWAYS_INLINE VB vb_set1(int x) {
    EACH(VB, BYTES, (uint8_t)x);
}
static ALWAYS_INLINE VB vb_or(VB a, VB b) {
    EACH(VB, BYTES, a.at[i] | b.at[i]);
}
static ALWAYS_INLINE VB vb_sub(VB a, VB b) {
    EACH(VB, BYTES, (uint8_t)(a.at[i] - b.at[i]));
}
static ALWAYS_INLINE VB vb_left(VB x, const int bits) {
    EACH(VB, BYTES, (uint8_t)(x.at[i] << bits));
}
static ALWAYS_INLINE VB vb_right(VB x, int bits, int next, int mask) {
    (void)next;
    EACH(VB, BYTES, (uint8_t)(x.at[i] >> bits & mask));
}
static ALWAYS_INLINE VB vb_nibbles(const uint8_t *x, const int64_t step) {
    (void)step;
    EACH(VB, BYTES, (uint8_t)(i < 16 ? x[i] & 15 : x[i - 16] >> 4));
}
static ALWAYS_INLINE VB vb_sixteens(const uint8_t *x, const int64_t step) {
    (void)step;
    EACH(VB, BYTES, (uint8_t)((x[i / 8] >> i % 8 & 1) << 4));
}
static ALWAYS_INLINE VB vb_look_up(VB x, const int8_t table[16]) {
    EACH(VB, BYTES, (uint8_t)table[x.at[i] & 15]);
}
/* Sums of four products, with q signed or not. */
static ALWAYS_INLINE VI vi_products(VB q, const int8_t *x, const int is_signed) {
    VI sums;
    for (int i = 0; i < QUADS; i++) {
        sums.at[i] = 0;
        for (int j = 4 * i; j < 4 * i + 4; j++) sums.at[i] += (is_signed ? (int8_t)q.at[j] : q.at[j]) * x[j];
    }
    return sums;
}
static ALWAYS_INLINE VI vi_dot(VB q, const int8_t *x, const int32_t *minus_sums, const int zero) {
    const VI sums = vi_products(q, x, 0);
    if (zero < 0) return sums;
    EACH(VI, QUADS, sums.at[i] + minus_sums[i] * (1 << zero));
}
static ALWAYS_INLINE VI vi_dot_signed(VB q, const int8_t *x, const int32_t *minus_sums) {
    (void)minus_sums;
    return vi_products(q, x, 1);
}
#define VB_FLOAT 1.0f
static ALWAYS_INLINE VF vb_floats(VB x, const int v) {
    VF floats = vf_set1(0);
    UNROLL for (int i = 0; i < VLEN; i++) floats[i] = (float)(int8_t)x.at[v * VLEN + i];
    return floats;
}
static ALWAYS_INLINE VQ vq_of(VI x) {
    EACH(V8, QUADS, (float)x.at[i]);
}
static ALWAYS_INLINE V8 v8_set1(float x) {
    EACH(V8, QUADS, x);
}
static ALWAYS_INLINE VQ vq_spread(const V8 factor[2], const int u) {
    EACH(VQ, QUADS, factor[0].at[u]);
}
static ALWAYS_INLINE VQ vq_spread_pairs(const V8 factor[2], const int u) {
    EACH(VQ, QUADS, factor[u / 4].at[u % 4 * 2 + i / 4]);
}
static ALWAYS_INLINE V8 v8_load(const float *p) {
    EACH(V8, QUADS, p[i]);
}
static ALWAYS_INLINE void v8_store(float *p, V8 x) {
    memcpy(p, &x, sizeof x);
}
static ALWAYS_INLINE V8 v8_of_halves(const uint8_t *p, const int64_t step, const int count) {
    EACH(V8, QUADS, i < count ? float_of_f16((uint16_t)(p[i * step] | p[i * step + 1] << 8)) : 0);
}
static ALWAYS_INLINE V8 v8_of_exponents(const uint8_t *p, const int64_t step, const int count) {
    EACH(V8, QUADS, float_of_exponent(i < count ? p[i * step] : 0));
}
static ALWAYS_INLINE V8 v8_of_bytes(uint64_t bytes) {
    EACH(V8, QUADS, (float)(int8_t)(bytes >> 8 * i));
}
static ALWAYS_INLINE V8 v8_twice(V8 x, const int last) {
    EACH(V8, QUADS, x.at[(QUADS * last + i) / 2]);
}
static ALWAYS_INLINE V8 v8_mul(V8 a, V8 b) {
    EACH(V8, QUADS, a.at[i] * b.at[i]);
}
static ALWAYS_INLINE V8 v8_add(V8 a, V8 b) {
    EACH(V8, QUADS, a.at[i] + b.at[i]);
}
static ALWAYS_INLINE V8 v8_fma(V8 a, V8 b, V8 c) {
    const V8 product = v8_mul(a, b);
    return v8_add(product, c);
}
static ALWAYS_INLINE float v8_sum(V8 x) {
    return ((x.at[0] + x.at[4]) + (x.at[2] + x.at[6])) + ((x.at[1] + x.at[5]) + (x.at[3] + x.at[7]));
}
static ALWAYS_INLINE VQ vq_set1(float x) {
    return v8_set1(x);
}
static ALWAYS_INLINE VQ vq_add(VQ a, VQ b) {
    return v8_add(a, b);
}
static ALWAYS_INLINE VQ vq_fma(VQ a, VQ b, VQ c) {
    return v8_fma(a, b, c);
}
static ALWAYS_INLINE float vq_sum(VQ x) {
    return v8_sum(x);
}
static ALWAYS_INLINE float largest_of_32(const float *x) {
    uint32_t most = 0;
    for (int i = 0; i < BYTES; i++) {
        const uint32_t magnitude = bits_of_float(x[i]) & 0x7fffffffu;
        most = magnitude > most ? magnitude : most;
    }
    return float_of_bits(most);
}
static ALWAYS_INLINE void round_unit(int8_t *bytes, int32_t *minus_sums, const float *x, float factor) {
    for (int i = 0; i < BYTES; i++) bytes[i] = (int8_t)nearbyintf(x[i] * factor);
    for (int i = 0; i < QUADS; i++)
        minus_sums[i] = -(bytes[4 * i] + bytes[4 * i + 1] + bytes[4 * i + 2] + bytes[4 * i + 3]);
}

#endif
