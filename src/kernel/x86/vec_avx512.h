/* The vector vocabulary for AVX-512: what kernel bodies are written in.
 *
 * VF is a register of VLEN floats. *_first touch only the first n <= VLEN lanes of memory; the other lanes of a loaded
 * register hold `fill`. vf_max(a, b) gives b where either is NaN. VL is a register of VLEN / 2 integers.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_X86_VEC_AVX512_H
#define SA_KERNEL_X86_VEC_AVX512_H

#include "base/compiler.h"

#include <immintrin.h>
#include <stdint.h>

typedef __m512 VF;
typedef uint64_t VL __attribute__((vector_size(64)));
enum { VLEN = 16 };

/* Whether vf_fma rounds once. */
enum { FUSED = 1 };

/* Accumulators of the lane kernels: rows, and registers per row; rows and accumulators of the kernels for few rows. */
enum {
    BLOCK_ROWS = 8,
    BLOCK_GROUPS = 3,
    MOVES_POINTERS = 0,
    DOT_ROWS = 4,
    DOT_OUTS = 4,
    ROUNDED_ROWS = 4,
    MOST_DOTS = 16,
    MOST_BF16_DOTS = 16,
    MOST_ROUNDED = 16,
    MOST_FEW = 8,
    FEW_SUMS = 16
};

static inline VF vf_set1(float x) {
    return _mm512_set1_ps(x);
}
static inline VF vf_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void vf_store(float *p, VF x) {
    _mm512_storeu_ps(p, x);
}
static inline __mmask16 first_lanes(int64_t n) {
    return (__mmask16)((1u << n) - 1u);
}
static inline VF vf_load_first(const float *p, int64_t n, float fill) {
    return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), first_lanes(n), p);
}
static inline void vf_store_first(float *p, VF x, int64_t n) {
    _mm512_mask_storeu_ps(p, first_lanes(n), x);
}
static inline VF vf_add(VF a, VF b) {
    return _mm512_add_ps(a, b);
}
static inline VF vf_sub(VF a, VF b) {
    return _mm512_sub_ps(a, b);
}
static inline VF vf_mul(VF a, VF b) {
    return _mm512_mul_ps(a, b);
}
static inline VF vf_div(VF a, VF b) {
    return _mm512_div_ps(a, b);
}
static inline VF vf_fma(VF a, VF b, VF c) { /* a * b + c */
    return _mm512_fmadd_ps(a, b, c);
}
static inline VF vf_fms(VF a, VF b, VF c) { /* a * b - c */
    return _mm512_fmsub_ps(a, b, c);
}
static inline VF vf_max(VF a, VF b) {
    return _mm512_max_ps(a, b);
}
static inline VF vf_round(VF x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* p * 2^n for integral n in [-126, 128] and p in [0.5, 2], but 0 where x < limit. */
static inline VF vf_scale2_from(VF p, VF n, VF x, VF limit) {
    return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), p, n);
}
/* The products of the lower halves of 64-bit lanes. */
static inline VL vl_product(VL a, VL b) {
    return (VL)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}
static inline VF vf_abs(VF x) {
    return _mm512_abs_ps(x);
}
/* magnitude >= 0 with the sign of s */
static inline VF vf_with_sign(VF magnitude, VF s) {
    return _mm512_or_ps(magnitude, _mm512_and_ps(s, _mm512_set1_ps(-0.0f)));
}
/* a where key < limit, else (also for NaN) b */
static inline VF vf_select_below(VF key, VF limit, VF a, VF b) {
    return _mm512_mask_mov_ps(b, _mm512_cmp_ps_mask(key, limit, _CMP_LT_OQ), a);
}
/* x where low <= key < high, else -infinity */
static inline VF vf_keep_between(VF x, VF key, VF low, VF high) {
    __mmask16 inside = _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(key, low, _CMP_GE_OQ), key, high, _CMP_LT_OQ);
    return _mm512_mask_mov_ps(_mm512_set1_ps(-__builtin_inff()), inside, x);
}
/* 2^n p for n in [-126, 127] given as n + magic, magic = 1.5 * 2^23 + 127, and p in [0.5, 2]; but 0 where x < limit,
 * NaN where p is */
static inline VF vf_scale2_magic(VF p, VF n, VF magic, VF x, VF limit) {
    return vf_scale2_from(p, vf_sub(n, magic), x, limit);
}
/* How many lanes compare a <= b: VLEN if all do. */
static inline int vf_all_le(VF a, VF b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ) == 0xffff;
}
static inline float vf_sum(VF x) {
    return _mm512_reduce_add_ps(x);
}
static inline float vf_largest(VF x) {
    return _mm512_reduce_max_ps(x);
}

/* Transposes the VLEN x VLEN matrix whose rows are r[0..VLEN). */
static inline void vf_transpose(VF r[VLEN]) {
    __m512 t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

/* Element i of the result is the sum of the elements of r[i]. */
static ALWAYS_INLINE VF vf_sums(VF r[VLEN]) {
    UNROLL for (int i = 0; i < 8; i++) r[i] =
        _mm512_add_ps(_mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]), _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]));
    UNROLL for (int i = 0; i < 4; i++) r[i] =
        _mm512_add_ps(_mm512_shuffle_ps(r[2 * i], r[2 * i + 1], 0x44), _mm512_shuffle_ps(r[2 * i], r[2 * i + 1], 0xee));
    UNROLL for (int i = 0; i < 2; i++) r[i] = _mm512_add_ps(_mm512_shuffle_f32x4(r[2 * i], r[2 * i + 1], 0x88),
                                                            _mm512_shuffle_f32x4(r[2 * i], r[2 * i + 1], 0xdd));
    return _mm512_add_ps(_mm512_shuffle_f32x4(r[0], r[1], 0x88), _mm512_shuffle_f32x4(r[0], r[1], 0xdd));
}

/* The quarters at `at` of rows 0, 4, 8 and 12, in this order; rows are `step` bytes apart. */
static inline VF quarters(const char *at, int64_t step) {
    __m512 r = _mm512_castps128_ps512(_mm_loadu_ps((const float *)(const void *)at));
    r = _mm512_insertf32x4(r, _mm_loadu_ps((const float *)(const void *)(at + 4 * step)), 1);
    r = _mm512_insertf32x4(r, _mm_loadu_ps((const float *)(const void *)(at + 8 * step)), 2);
    return _mm512_insertf32x4(r, _mm_loadu_ps((const float *)(const void *)(at + 12 * step)), 3);
}

/* Four such registers, of rows k, k + 4, k + 8 and k + 12 for k < 4, become four columns. */
static ALWAYS_INLINE void turn_quarters(VF r[4], const VF q[4]) {
    VF t[4];
    t[0] = _mm512_unpacklo_ps(q[0], q[1]);
    t[1] = _mm512_unpackhi_ps(q[0], q[1]);
    t[2] = _mm512_unpacklo_ps(q[2], q[3]);
    t[3] = _mm512_unpackhi_ps(q[2], q[3]);
    r[0] = _mm512_shuffle_ps(t[0], t[2], 0x44);
    r[1] = _mm512_shuffle_ps(t[0], t[2], 0xee);
    r[2] = _mm512_shuffle_ps(t[1], t[3], 0x44);
    r[3] = _mm512_shuffle_ps(t[1], t[3], 0xee);
}

/* The columns of a VLEN x VLEN matrix of 32-bit elements, whose rows lie `step` bytes apart. Loading quarters leaves
 * half of the shuffles of a transpose. */
static ALWAYS_INLINE void vf_load_columns(VF r[VLEN], const void *in, int64_t step) {
    UNROLL for (int c = 0; c < 4; c++) {
        VF q[4];
        UNROLL for (int k = 0; k < 4; k++) q[k] = quarters((const char *)in + k * step + 16 * c, step);
        turn_quarters(r + 4 * c, q);
    }
}

/* Loads the VLEN x VLEN matrix with rows `stride` apart and transposes it. */
static inline void vf_load_transposed(VF r[VLEN], const float *in, int64_t stride) {
    vf_load_columns(r, in, stride * (int64_t)sizeof *in);
}

static inline VF vf_load_bytes(const int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}
static inline VF vf_load_bf16(const uint16_t *p) {
    __m256i half = _mm256_loadu_si256((const __m256i *)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}
static inline VF vf_load_f16(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
/* The lower or upper halves of 32-bit elements as floats. */
static inline VF vf_lower_bf16(VF pairs) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(pairs), 16));
}
static inline VF vf_upper_bf16(VF pairs) {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(pairs), _mm512_set1_epi32((int)0xffff0000u)));
}
static inline VF vf_lower_f16(VF pairs) {
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_castps_si512(pairs)));
}
static inline VF vf_upper_f16(VF pairs) {
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(pairs), 16)));
}
/* To nearest even; a NaN keeps its upper bits and is made quiet. */
static inline void vf_store_bf16(uint16_t *p, VF x) {
#ifdef __AVX512BF16__
    enum { SUBNORMAL = 0x20 }; /* which the instruction takes for 0 */
    if (!_mm512_fpclass_ps_mask(x, SUBNORMAL)) {
        _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x));
        return;
    }
#endif
    __m512i bits = _mm512_castps_si512(x), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    rounded = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}
static inline void vf_store_f16(uint16_t *p, VF x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#endif
