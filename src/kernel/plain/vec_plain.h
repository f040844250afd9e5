/* The vector vocabulary for any processor: vectors of four floats that the compiler maps to the registers of its
 * baseline (SSE2, NEON, VSX ...), or takes apart where there are none. No intrinsics and no flags; GCC and Clang.
 * Meanings as in vec_avx512.h and docs/porting.md.
 *
 * Arithmetic on every element is C's, with its roundings; a product and a sum in two statements are not fused.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_PLAIN_VEC_PLAIN_H
#define SA_KERNEL_PLAIN_VEC_PLAIN_H

#include "base/compiler.h"
#include "base/half.h"

#include <stdint.h>
#include <string.h>

enum { VLEN = 4 };
typedef float VF __attribute__((vector_size(4 * VLEN)));
typedef uint64_t VL __attribute__((vector_size(4 * VLEN)));
typedef uint32_t vec_bits __attribute__((vector_size(4 * VLEN)));
typedef uint16_t vec_halves __attribute__((vector_size(2 * VLEN)));
typedef int8_t vec_bytes __attribute__((vector_size(VLEN)));

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLE __builtin_shufflevector
#endif
#endif

/* Twelve sums, three registers of lanes and one factor are the sixteen registers of SSE2. */
enum {
    BLOCK_ROWS = 4,
    BLOCK_GROUPS = 3,
    MOVES_POINTERS = 0,
    DOT_ROWS = 2,
    DOT_OUTS = 2,
    ROUNDED_ROWS = 1,
    MOST_DOTS = 16,
    MOST_BF16_DOTS = 16,
    MOST_ROUNDED = 16,
    MOST_FEW = 4,
    FEW_SUMS = 8
};

/* A baseline with fused multiply-adds has them in registers too. */
#ifdef __FP_FAST_FMAF
enum { FUSED = 1 };
#else
enum { FUSED = 0 };
#endif

static ALWAYS_INLINE VF vf_of(vec_bits bits) {
    VF x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static ALWAYS_INLINE vec_bits bits_of(VF x) {
    vec_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static ALWAYS_INLINE vec_bits bits_set1(uint32_t x) {
    return (vec_bits){x, x, x, x};
}
/* a where `mask` is all ones, b where it is 0 */
static ALWAYS_INLINE vec_bits bits_select(vec_bits mask, vec_bits a, vec_bits b) {
    return (mask & a) | (~mask & b);
}
static ALWAYS_INLINE VF vf_select(vec_bits mask, VF a, VF b) {
    return vf_of(bits_select(mask, bits_of(a), bits_of(b)));
}

static ALWAYS_INLINE VF vf_set1(float x) {
    return (VF){x, x, x, x};
}
static ALWAYS_INLINE VF vf_load(const float *p) {
    VF x;
    memcpy(&x, p, sizeof x);
    return x;
}
static ALWAYS_INLINE void vf_store(float *p, VF x) {
    memcpy(p, &x, sizeof x);
}
static ALWAYS_INLINE VF vf_load_first(const float *p, int64_t n, float fill) {
    VF x = vf_set1(fill);
    for (int i = 0; i < VLEN && i < n; i++) x[i] = p[i];
    return x;
}
static ALWAYS_INLINE void vf_store_first(float *p, VF x, int64_t n) {
    for (int i = 0; i < VLEN && i < n; i++) p[i] = x[i];
}
static ALWAYS_INLINE VF vf_add(VF a, VF b) {
    return a + b;
}
static ALWAYS_INLINE VF vf_sub(VF a, VF b) {
    return a - b;
}
static ALWAYS_INLINE VF vf_mul(VF a, VF b) {
    return a * b;
}
static ALWAYS_INLINE VF vf_div(VF a, VF b) {
    return a / b;
}
static ALWAYS_INLINE VF vf_fma(VF a, VF b, VF c) {
#ifdef __FP_FAST_FMAF
    VF sum;
    UNROLL for (int i = 0; i < VLEN; i++) sum[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return sum;
#else
    VF product = a * b;
    return product + c;
#endif
}
static ALWAYS_INLINE VF vf_fms(VF a, VF b, VF c) {
    return vf_fma(a, b, -c);
}
static ALWAYS_INLINE VF vf_max(VF a, VF b) {
    return vf_select((vec_bits)(a > b), a, b);
}
/* Floats from 2^23 on have no fraction to keep, so adding 1.5 * 2^23 rounds what is below 2^22 in magnitude. */
#define ROUNDER 0x1.8p+23f
static ALWAYS_INLINE VF vf_round(VF x) {
    VF shifted = x + vf_set1(ROUNDER);
    return shifted - vf_set1(ROUNDER);
}
/* In two halves, so that no power of two is out of range. */
static ALWAYS_INLINE VF vf_scale2_from(VF p, VF n, VF x, VF limit) {
    vec_bits biased = bits_of(n + vf_set1(ROUNDER)) - bits_of(vf_set1(ROUNDER)) + bits_set1(2 * 127);
    vec_bits half = biased >> 1, rest = biased - half;
    VF scaled = p * vf_of(half << 23);
    scaled = scaled * vf_of(rest << 23);
    return vf_of(~(vec_bits)(x < limit) & bits_of(scaled));
}
static ALWAYS_INLINE VF vf_scale2_magic(VF p, VF n, VF magic, VF x, VF limit) {
    (void)magic;
    VF scaled = p * vf_of(bits_of(n) << 23);
    return vf_of(~(vec_bits)(x < limit) & bits_of(scaled));
}
static ALWAYS_INLINE VL vl_product(VL a, VL b) {
    return (a & 0xffffffffu) * (b & 0xffffffffu);
}
static ALWAYS_INLINE VF vf_abs(VF x) {
    return vf_of(bits_of(x) & bits_set1(0x7fffffffu));
}
static ALWAYS_INLINE VF vf_with_sign(VF magnitude, VF s) {
    return vf_of(bits_of(magnitude) | (bits_of(s) & bits_set1(0x80000000u)));
}
static ALWAYS_INLINE VF vf_select_below(VF key, VF limit, VF a, VF b) {
    return vf_select((vec_bits)(key < limit), a, b);
}
static ALWAYS_INLINE VF vf_keep_between(VF x, VF key, VF low, VF high) {
    return vf_select((vec_bits)(key >= low) & (vec_bits)(key < high), x, vf_set1(-__builtin_inff()));
}
static ALWAYS_INLINE int vf_all_le(VF a, VF b) {
    vec_bits below = (vec_bits)(a <= b);
    return (below[0] & below[1] & below[2] & below[3]) != 0;
}
static ALWAYS_INLINE float vf_sum(VF x) {
    float even = x[0] + x[2], odd = x[1] + x[3];
    return even + odd;
}
static ALWAYS_INLINE float vf_largest(VF x) {
    float even = x[0] > x[2] ? x[0] : x[2], odd = x[1] > x[3] ? x[1] : x[3];
    return even > odd ? even : odd;
}

static ALWAYS_INLINE void vf_transpose(VF r[VLEN]) {
    VF a = r[0], b = r[1], c = r[2], d = r[3];
#ifdef SHUFFLE
    VF low_ac = SHUFFLE(a, c, 0, 4, 1, 5), high_ac = SHUFFLE(a, c, 2, 6, 3, 7);
    VF low_bd = SHUFFLE(b, d, 0, 4, 1, 5), high_bd = SHUFFLE(b, d, 2, 6, 3, 7);
    r[0] = SHUFFLE(low_ac, low_bd, 0, 4, 1, 5);
    r[1] = SHUFFLE(low_ac, low_bd, 2, 6, 3, 7);
    r[2] = SHUFFLE(high_ac, high_bd, 0, 4, 1, 5);
    r[3] = SHUFFLE(high_ac, high_bd, 2, 6, 3, 7);
#else
    UNROLL for (int i = 0; i < VLEN; i++) r[i] = (VF){a[i], b[i], c[i], d[i]};
#endif
}
static ALWAYS_INLINE VF vf_sums(VF r[VLEN]) {
    vf_transpose(r);
    VF even = r[0] + r[2], odd = r[1] + r[3];
    return even + odd;
}
static ALWAYS_INLINE void vf_load_columns(VF r[VLEN], const void *in, int64_t step) {
    UNROLL for (int i = 0; i < VLEN; i++) memcpy(&r[i], (const char *)in + i * step, sizeof r[i]);
    vf_transpose(r);
}
static ALWAYS_INLINE void vf_load_transposed(VF r[VLEN], const float *in, int64_t stride) {
    vf_load_columns(r, in, stride * (int64_t)sizeof *in);
}

/* 16-bit numbers in the lower halves of `bits` as floats. Subnormal numbers of binary16 are subnormal floats here, and
 * the same product makes them right. */
static ALWAYS_INLINE VF vf_of_f16(vec_bits bits) {
    vec_bits magnitude = (bits & bits_set1(0x7fffu)) << 13, sign = (bits & bits_set1(0x8000u)) << 16;
    vec_bits finite = bits_of(vf_of(magnitude) * vf_set1(0x1p+112f));
    vec_bits is_finite = (vec_bits)(magnitude < bits_set1(0x7c00u << 13));
    return vf_of(sign | bits_select(is_finite, finite, magnitude | bits_set1(0x7f800000u)));
}
static ALWAYS_INLINE vec_bits load_halves(const uint16_t *p) {
    vec_halves halves;
    memcpy(&halves, p, sizeof halves);
    return __builtin_convertvector(halves, vec_bits);
}
static ALWAYS_INLINE void store_halves(uint16_t *p, vec_bits bits) {
    vec_halves halves = __builtin_convertvector(bits, vec_halves);
    memcpy(p, &halves, sizeof halves);
}
static ALWAYS_INLINE VF vf_load_bytes(const int8_t *p) {
    vec_bytes bytes;
    memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, VF);
}
static ALWAYS_INLINE VF vf_load_bf16(const uint16_t *p) {
    return vf_of(load_halves(p) << 16);
}
static ALWAYS_INLINE VF vf_load_f16(const uint16_t *p) {
    return vf_of_f16(load_halves(p));
}
/* The first or second half of each element in memory, which are the lower or upper bits in little-endian order. */
static ALWAYS_INLINE vec_bits half_of_pairs(VF pairs, const int is_second) {
    const int is_upper = is_second == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    return is_upper ? bits_of(pairs) >> 16 : bits_of(pairs) & bits_set1(0xffffu);
}
static ALWAYS_INLINE VF vf_lower_bf16(VF pairs) {
    return vf_of(half_of_pairs(pairs, 0) << 16);
}
static ALWAYS_INLINE VF vf_upper_bf16(VF pairs) {
    return vf_of(half_of_pairs(pairs, 1) << 16);
}
static ALWAYS_INLINE VF vf_lower_f16(VF pairs) {
    return vf_of_f16(half_of_pairs(pairs, 0));
}
static ALWAYS_INLINE VF vf_upper_f16(VF pairs) {
    return vf_of_f16(half_of_pairs(pairs, 1));
}
static ALWAYS_INLINE void vf_store_bf16(uint16_t *p, VF x) {
    vec_bits bits = bits_of(x), odd = (bits >> 16) & bits_set1(1);
    vec_bits rounded = bits + odd + bits_set1(0x7fffu), quiet = bits | bits_set1(0x400000u);
    store_halves(p, bits_select((vec_bits)(x <= vf_set1(__builtin_inff())), rounded, quiet) >> 16);
}
static ALWAYS_INLINE void vf_store_f16(uint16_t *p, VF x) {
    for (int i = 0; i < VLEN; i++) p[i] = f16_of_float(x[i]);
}

#endif
