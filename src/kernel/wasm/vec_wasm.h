/* The vector vocabulary for WebAssembly's SIMD128, without the relaxed instructions, whose results differ between
 * processors; meanings as in vec_avx512.h.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_WASM_VEC_WASM_H
#define SA_KERNEL_WASM_VEC_WASM_H

#include "base/compiler.h"
#include "base/half.h"

#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

typedef float VF __attribute__((vector_size(16)));
typedef uint64_t VL __attribute__((vector_size(16)));
enum { VLEN = 4 };

/* A product and a sum are rounded each. */
enum { FUSED = 0 };
/* x86 has sixteen registers, of which engines keep one, and a product needs one before it is added. An address is a
 * register and a constant to them. */
enum {
    BLOCK_ROWS = 4,
    BLOCK_GROUPS = 2,
    MOVES_POINTERS = 1,
    DOT_ROWS = 2,
    DOT_OUTS = 2,
    ROUNDED_ROWS = 1,
    MOST_DOTS = 2,
    MOST_BF16_DOTS = 6,
    MOST_ROUNDED = 16,
    MOST_FEW = 4,
    FEW_SUMS = 8
};

static inline VF vf_of(v128_t bits) {
    return (VF)bits;
}
static inline v128_t bits_of(VF x) {
    return (v128_t)x;
}
static inline VF vf_select(v128_t mask, VF a, VF b) {
    return vf_of(wasm_v128_bitselect(bits_of(a), bits_of(b), mask));
}

static inline VF vf_set1(float x) {
    return vf_of(wasm_f32x4_splat(x));
}
static inline VF vf_load(const float *p) {
    return vf_of(wasm_v128_load(p));
}
static inline void vf_store(float *p, VF x) {
    wasm_v128_store(p, bits_of(x));
}
static inline VF vf_load_first(const float *p, int64_t n, float fill) {
    float x[VLEN] = {fill, fill, fill, fill};
    for (int i = 0; i < VLEN && i < n; i++) x[i] = p[i];
    return vf_load(x);
}
static inline void vf_store_first(float *p, VF x, int64_t n) {
    for (int i = 0; i < VLEN && i < n; i++) p[i] = x[i];
}
static inline VF vf_add(VF a, VF b) {
    return vf_of(wasm_f32x4_add(bits_of(a), bits_of(b)));
}
static inline VF vf_sub(VF a, VF b) {
    return vf_of(wasm_f32x4_sub(bits_of(a), bits_of(b)));
}
static inline VF vf_mul(VF a, VF b) {
    return vf_of(wasm_f32x4_mul(bits_of(a), bits_of(b)));
}
static inline VF vf_div(VF a, VF b) {
    return vf_of(wasm_f32x4_div(bits_of(a), bits_of(b)));
}
static inline VF vf_fma(VF a, VF b, VF c) {
    return vf_add(vf_mul(a, b), c);
}
static inline VF vf_fms(VF a, VF b, VF c) {
    return vf_sub(vf_mul(a, b), c);
}
/* pmax(x, y) is x < y ? y : x. */
static inline VF vf_max(VF a, VF b) {
    return vf_of(wasm_f32x4_pmax(bits_of(b), bits_of(a)));
}
static inline VF vf_round(VF x) {
    return vf_of(wasm_f32x4_nearest(bits_of(x)));
}
/* 2^n for n in [-126, 127], given as integers */
static inline VF power2(v128_t n) {
    return vf_of(wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_splat(127)), 23));
}
/* x where !(key < limit), else 0 */
static inline VF keep_from(VF x, VF key, VF limit) {
    return vf_of(wasm_v128_andnot(bits_of(x), wasm_f32x4_lt(bits_of(key), bits_of(limit))));
}
/* The sum's low bits are the integer, which saves the conversion's treatment of what is out of range. */
static inline v128_t whole_of(VF n) {
    const VF rounder = vf_set1(0x1.8p+23f);
    return wasm_i32x4_sub(bits_of(vf_add(n, rounder)), bits_of(rounder));
}
/* In two halves, so that no power of two is out of range. */
static inline VF vf_scale2_from(VF p, VF n, VF x, VF limit) {
    v128_t whole = whole_of(n), half = wasm_i32x4_shr(whole, 1), rest = wasm_i32x4_sub(whole, half);
    return keep_from(vf_mul(vf_mul(p, power2(half)), power2(rest)), x, limit);
}
static inline VF vf_scale2_magic(VF p, VF n, VF magic, VF x, VF limit) {
    (void)magic;
    return keep_from(vf_mul(p, vf_of(wasm_i32x4_shl(bits_of(n), 23))), x, limit);
}
static inline VL vl_product(VL a, VL b) {
    return (a & 0xffffffffu) * (b & 0xffffffffu);
}
static inline VF vf_abs(VF x) {
    return vf_of(wasm_f32x4_abs(bits_of(x)));
}
static inline VF vf_with_sign(VF magnitude, VF s) {
    return vf_select(wasm_i32x4_splat(INT32_MIN), s, magnitude);
}
static inline VF vf_select_below(VF key, VF limit, VF a, VF b) {
    return vf_select(wasm_f32x4_lt(bits_of(key), bits_of(limit)), a, b);
}
static inline VF vf_keep_between(VF x, VF key, VF low, VF high) {
    v128_t from = wasm_f32x4_ge(bits_of(key), bits_of(low)), below = wasm_f32x4_lt(bits_of(key), bits_of(high));
    return vf_select(wasm_v128_and(from, below), x, vf_set1(-__builtin_inff()));
}
static inline int vf_all_le(VF a, VF b) {
    return wasm_i32x4_all_true(wasm_f32x4_le(bits_of(a), bits_of(b)));
}
static inline float vf_sum(VF x) {
    float even = x[0] + x[2], odd = x[1] + x[3];
    return even + odd;
}
static inline float vf_largest(VF x) {
    float even = x[0] > x[2] ? x[0] : x[2], odd = x[1] > x[3] ? x[1] : x[3];
    return even > odd ? even : odd;
}

static ALWAYS_INLINE void vf_transpose(VF r[VLEN]) {
    v128_t a = bits_of(r[0]), b = bits_of(r[1]), c = bits_of(r[2]), d = bits_of(r[3]);
    v128_t low_ac = wasm_i32x4_shuffle(a, c, 0, 4, 1, 5), high_ac = wasm_i32x4_shuffle(a, c, 2, 6, 3, 7);
    v128_t low_bd = wasm_i32x4_shuffle(b, d, 0, 4, 1, 5), high_bd = wasm_i32x4_shuffle(b, d, 2, 6, 3, 7);
    r[0] = vf_of(wasm_i32x4_shuffle(low_ac, low_bd, 0, 4, 1, 5));
    r[1] = vf_of(wasm_i32x4_shuffle(low_ac, low_bd, 2, 6, 3, 7));
    r[2] = vf_of(wasm_i32x4_shuffle(high_ac, high_bd, 0, 4, 1, 5));
    r[3] = vf_of(wasm_i32x4_shuffle(high_ac, high_bd, 2, 6, 3, 7));
}
static ALWAYS_INLINE VF vf_sums(VF r[VLEN]) {
    vf_transpose(r);
    return vf_add(vf_add(r[0], r[2]), vf_add(r[1], r[3]));
}
static ALWAYS_INLINE void vf_load_columns(VF r[VLEN], const void *in, int64_t step) {
    UNROLL for (int i = 0; i < VLEN; i++) r[i] = vf_of(wasm_v128_load((const char *)in + i * step));
    vf_transpose(r);
}
static ALWAYS_INLINE void vf_load_transposed(VF r[VLEN], const float *in, int64_t stride) {
    vf_load_columns(r, in, stride * (int64_t)sizeof *in);
}

/* 16-bit numbers in the lower halves of `bits` as floats. Subnormal numbers of binary16 are subnormal floats here, and
 * the same product makes them right. */
static ALWAYS_INLINE VF vf_of_f16(v128_t bits) {
    v128_t magnitude = wasm_i32x4_shl(wasm_v128_and(bits, wasm_i32x4_splat(0x7fff)), 13);
    v128_t sign = wasm_i32x4_shl(wasm_v128_and(bits, wasm_i32x4_splat(0x8000)), 16);
    v128_t is_finite = wasm_i32x4_lt(magnitude, wasm_i32x4_splat(0x7c00 << 13));
    VF finite = vf_mul(vf_of(magnitude), vf_set1(0x1p+112f));
    VF other = vf_of(wasm_v128_or(magnitude, wasm_i32x4_splat(0x7f800000)));
    return vf_of(wasm_v128_or(sign, bits_of(vf_select(is_finite, finite, other))));
}
static inline VF vf_load_bytes(const int8_t *p) {
    v128_t halves = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p));
    return vf_of(wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(halves)));
}
static inline VF vf_load_bf16(const uint16_t *p) {
    return vf_of(wasm_i32x4_shl(wasm_u32x4_load16x4(p), 16));
}
static inline VF vf_load_f16(const uint16_t *p) {
    return vf_of_f16(wasm_u32x4_load16x4(p));
}
static inline VF vf_lower_bf16(VF pairs) {
    return vf_of(wasm_i32x4_shl(bits_of(pairs), 16));
}
static inline VF vf_upper_bf16(VF pairs) {
    return vf_of(wasm_v128_and(bits_of(pairs), wasm_i32x4_splat((int32_t)0xffff0000u)));
}
static inline VF vf_lower_f16(VF pairs) {
    return vf_of_f16(wasm_v128_and(bits_of(pairs), wasm_i32x4_splat(0xffff)));
}
static inline VF vf_upper_f16(VF pairs) {
    return vf_of_f16(wasm_u32x4_shr(bits_of(pairs), 16));
}
/* To nearest even; a NaN keeps its upper bits and is made quiet. */
static inline void vf_store_bf16(uint16_t *p, VF x) {
    v128_t bits = bits_of(x), odd = wasm_v128_and(wasm_u32x4_shr(bits, 16), wasm_i32x4_splat(1));
    v128_t rounded = wasm_i32x4_add(wasm_i32x4_add(bits, odd), wasm_i32x4_splat(0x7fff));
    v128_t quiet = wasm_v128_or(bits, wasm_i32x4_splat(0x400000));
    v128_t stored = wasm_u32x4_shr(wasm_v128_bitselect(rounded, quiet, wasm_f32x4_eq(bits, bits)), 16);
    wasm_v128_store64_lane(p, wasm_u16x8_narrow_i32x4(stored, stored), 0);
}
static inline void vf_store_f16(uint16_t *p, VF x) {
    for (int i = 0; i < VLEN; i++) p[i] = f16_of_float(x[i]);
}

#endif
