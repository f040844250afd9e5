/* The vector vocabulary for NEON of 64-bit ARM; meanings as in vec_avx512.h. A factor from vf_set1() that is used in
 * products alone takes no instruction: the compiler multiplies by an element of the register that it was loaded into.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_ARM_VEC_NEON_H
#define SA_KERNEL_ARM_VEC_NEON_H

#include "base/compiler.h"

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

typedef float32x4_t VF;
typedef uint64_t VL __attribute__((vector_size(16)));
enum { VLEN = 4 };

enum { FUSED = 1 };
/* 24 sums, three registers of lanes and the factors are the 32 registers. */
enum {
    BLOCK_ROWS = 8,
    BLOCK_GROUPS = 3,
    MOVES_POINTERS = 0,
    DOT_ROWS = 4,
    DOT_OUTS = 4,
    ROUNDED_ROWS = 1,
    MOST_DOTS = 16,
    MOST_BF16_DOTS = 16,
    MOST_ROUNDED = 16,
    MOST_FEW = 4,
    FEW_SUMS = 16
};

static inline VF vf_of(uint32x4_t bits) {
    return vreinterpretq_f32_u32(bits);
}
static inline uint32x4_t bits_of(VF x) {
    return vreinterpretq_u32_f32(x);
}

static inline VF vf_set1(float x) {
    return vdupq_n_f32(x);
}
static inline VF vf_load(const float *p) {
    return vld1q_f32(p);
}
static inline void vf_store(float *p, VF x) {
    vst1q_f32(p, x);
}
static inline VF vf_load_first(const float *p, int64_t n, float fill) {
    float x[VLEN] = {fill, fill, fill, fill};
    for (int i = 0; i < VLEN && i < n; i++) x[i] = p[i];
    return vld1q_f32(x);
}
static inline void vf_store_first(float *p, VF x, int64_t n) {
    for (int i = 0; i < VLEN && i < n; i++) p[i] = x[i];
}
static inline VF vf_add(VF a, VF b) {
    return vaddq_f32(a, b);
}
static inline VF vf_sub(VF a, VF b) {
    return vsubq_f32(a, b);
}
static inline VF vf_mul(VF a, VF b) {
    return vmulq_f32(a, b);
}
static inline VF vf_div(VF a, VF b) {
    return vdivq_f32(a, b);
}
static inline VF vf_fma(VF a, VF b, VF c) {
    return vfmaq_f32(c, a, b);
}
static inline VF vf_fms(VF a, VF b, VF c) {
    return vnegq_f32(vfmsq_f32(c, a, b)); /* -(c - a b): the same rounding */
}
/* The instruction of this name gives NaN where either is NaN. */
static inline VF vf_max(VF a, VF b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
static inline VF vf_round(VF x) {
    return vrndnq_f32(x);
}
/* 2^n for n in [-126, 127], given as integers */
static inline VF power2(int32x4_t n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}
/* x where !(key < limit), else 0 */
static inline VF keep_from(VF x, VF key, VF limit) {
    return vf_of(vbicq_u32(bits_of(x), vcltq_f32(key, limit)));
}
/* In two halves, so that no power of two is out of range. */
static inline VF vf_scale2_from(VF p, VF n, VF x, VF limit) {
    int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);
    return keep_from(vmulq_f32(vmulq_f32(p, power2(half)), power2(rest)), x, limit);
}
static inline VF vf_scale2_magic(VF p, VF n, VF magic, VF x, VF limit) {
    (void)magic;
    return keep_from(vmulq_f32(p, vf_of(vshlq_n_u32(bits_of(n), 23))), x, limit);
}
static inline VL vl_product(VL a, VL b) {
    return (VL)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
}
static inline VF vf_abs(VF x) {
    return vabsq_f32(x);
}
static inline VF vf_with_sign(VF magnitude, VF s) {
    return vbslq_f32(vdupq_n_u32(0x80000000u), s, magnitude);
}
static inline VF vf_select_below(VF key, VF limit, VF a, VF b) {
    return vbslq_f32(vcltq_f32(key, limit), a, b);
}
static inline VF vf_keep_between(VF x, VF key, VF low, VF high) {
    uint32x4_t inside = vandq_u32(vcgeq_f32(key, low), vcltq_f32(key, high));
    return vbslq_f32(inside, x, vdupq_n_f32(-__builtin_inff()));
}
static inline int vf_all_le(VF a, VF b) {
    return vminvq_u32(vcleq_f32(a, b)) != 0;
}
static inline float vf_sum(VF x) {
    return vaddvq_f32(x);
}
static inline float vf_largest(VF x) {
    return vmaxvq_f32(x);
}

static ALWAYS_INLINE void vf_transpose(VF r[VLEN]) {
    float32x4_t even = vtrn1q_f32(r[0], r[1]), odd = vtrn2q_f32(r[0], r[1]);
    float32x4_t even2 = vtrn1q_f32(r[2], r[3]), odd2 = vtrn2q_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(even), vget_low_f32(even2));
    r[1] = vcombine_f32(vget_low_f32(odd), vget_low_f32(odd2));
    r[2] = vcombine_f32(vget_high_f32(even), vget_high_f32(even2));
    r[3] = vcombine_f32(vget_high_f32(odd), vget_high_f32(odd2));
}
static ALWAYS_INLINE VF vf_sums(VF r[VLEN]) {
    return vpaddq_f32(vpaddq_f32(r[0], r[1]), vpaddq_f32(r[2], r[3]));
}
static ALWAYS_INLINE void vf_load_columns(VF r[VLEN], const void *in, int64_t step) {
    UNROLL for (int i = 0; i < VLEN; i++) memcpy(&r[i], (const char *)in + i * step, sizeof r[i]);
    vf_transpose(r);
}
static ALWAYS_INLINE void vf_load_transposed(VF r[VLEN], const float *in, int64_t stride) {
    vf_load_columns(r, in, stride * (int64_t)sizeof *in);
}

static inline VF vf_of_f16(uint16x4_t half) {
    return vcvt_f32_f16(vreinterpret_f16_u16(half));
}
static inline VF vf_load_bytes(const int8_t *p) {
    int32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes))))));
}
static inline VF vf_load_bf16(const uint16_t *p) {
    return vf_of(vshll_n_u16(vld1_u16(p), 16));
}
static inline VF vf_load_f16(const uint16_t *p) {
    return vf_of_f16(vld1_u16(p));
}
static inline VF vf_lower_bf16(VF pairs) {
    return vf_of(vshlq_n_u32(bits_of(pairs), 16));
}
static inline VF vf_upper_bf16(VF pairs) {
    return vf_of(vandq_u32(bits_of(pairs), vdupq_n_u32(0xffff0000u)));
}
static inline VF vf_lower_f16(VF pairs) {
    return vf_of_f16(vmovn_u32(bits_of(pairs)));
}
static inline VF vf_upper_f16(VF pairs) {
    return vf_of_f16(vshrn_n_u32(bits_of(pairs), 16));
}
/* To nearest even; a NaN keeps its upper bits and is made quiet. */
static inline void vf_store_bf16(uint16_t *p, VF x) {
    uint32x4_t bits = bits_of(x), odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, odd), vdupq_n_u32(0x7fff));
    uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
    vst1_u16(p, vshrn_n_u32(vbslq_u32(vceqq_f32(x, x), rounded, quiet), 16));
}
static inline void vf_store_f16(uint16_t *p, VF x) {
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(x)));
}

#endif
