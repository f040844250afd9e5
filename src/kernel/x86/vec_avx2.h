/* The vector vocabulary for AVX2 + FMA; meanings as in vec_avx512.h.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_X86_VEC_AVX2_H
#define SA_KERNEL_X86_VEC_AVX2_H

#include "base/compiler.h"

#include <immintrin.h>
#include <stdint.h>

typedef __m256 VF;
typedef uint64_t VL __attribute__((vector_size(32)));
enum { VLEN = 8 };

enum { FUSED = 1 };
/* Without a product of four bytes, a row of floats costs less than a rounded one once seven share the weights. */
enum {
    BLOCK_ROWS = 4,
    BLOCK_GROUPS = 3,
    MOVES_POINTERS = 0,
    DOT_ROWS = 2,
    DOT_OUTS = 4,
    ROUNDED_ROWS = 4,
    MOST_DOTS = 16,
    MOST_BF16_DOTS = 16,
    MOST_ROUNDED = 6,
    MOST_FEW = 4,
    FEW_SUMS = 8
};

static inline VF vf_set1(float x) {
    return _mm256_set1_ps(x);
}
static inline VF vf_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static inline void vf_store(float *p, VF x) {
    _mm256_storeu_ps(p, x);
}
static inline __m256i first_lanes(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline VF vf_load_first(const float *p, int64_t n, float fill) {
    __m256i mask = first_lanes(n);
    return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
}
static inline void vf_store_first(float *p, VF x, int64_t n) {
    _mm256_maskstore_ps(p, first_lanes(n), x);
}
static inline VF vf_add(VF a, VF b) {
    return _mm256_add_ps(a, b);
}
static inline VF vf_sub(VF a, VF b) {
    return _mm256_sub_ps(a, b);
}
static inline VF vf_mul(VF a, VF b) {
    return _mm256_mul_ps(a, b);
}
static inline VF vf_div(VF a, VF b) {
    return _mm256_div_ps(a, b);
}
static inline VF vf_fma(VF a, VF b, VF c) {
    return _mm256_fmadd_ps(a, b, c);
}
static inline VF vf_fms(VF a, VF b, VF c) {
    return _mm256_fmsub_ps(a, b, c);
}
static inline VF vf_max(VF a, VF b) {
    return _mm256_max_ps(a, b);
}
static inline VF vf_round(VF x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* Adds n to the exponent of p in two halves, so that no intermediate power of two leaves the range. */
static inline VF vf_scale2_from(VF p, VF n, VF x, VF limit) {
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);
    __m256i bias = _mm256_set1_epi32(127);
    VF a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    VF b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ), _mm256_mul_ps(_mm256_mul_ps(p, a), b));
}
static inline VL vl_product(VL a, VL b) {
    return (VL)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
static inline VF vf_abs(VF x) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
static inline VF vf_with_sign(VF magnitude, VF s) {
    return _mm256_or_ps(magnitude, _mm256_and_ps(s, _mm256_set1_ps(-0.0f)));
}
static inline VF vf_select_below(VF key, VF limit, VF a, VF b) {
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(key, limit, _CMP_LT_OQ));
}
static inline VF vf_keep_between(VF x, VF key, VF low, VF high) {
    VF inside = _mm256_and_ps(_mm256_cmp_ps(key, low, _CMP_GE_OQ), _mm256_cmp_ps(key, high, _CMP_LT_OQ));
    return _mm256_blendv_ps(_mm256_set1_ps(-__builtin_inff()), x, inside);
}
/* The low bits of n then are the exponent of 2^n. A product keeps NaN; adding to the exponent of p would not. */
static inline VF vf_scale2_magic(VF p, VF n, VF magic, VF x, VF limit) {
    (void)magic;
    VF power = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(n), 23));
    return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ), _mm256_mul_ps(p, power));
}
static inline int vf_all_le(VF a, VF b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ)) == 0xff;
}
static inline float vf_sum(VF x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
static inline float vf_largest(VF x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

static inline void vf_transpose(VF r[VLEN]) {
    __m256 t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
    }
    for (int i = 0; i < 8; i++) r[i] = t[i];
}

static ALWAYS_INLINE VF vf_sums(VF r[VLEN]) {
    UNROLL for (int i = 0; i < 4; i++) r[i] =
        _mm256_add_ps(_mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]), _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]));
    UNROLL for (int i = 0; i < 2; i++) r[i] =
        _mm256_add_ps(_mm256_shuffle_ps(r[2 * i], r[2 * i + 1], 0x44), _mm256_shuffle_ps(r[2 * i], r[2 * i + 1], 0xee));
    return _mm256_add_ps(_mm256_permute2f128_ps(r[0], r[1], 0x20), _mm256_permute2f128_ps(r[0], r[1], 0x31));
}

/* The halves at `at` of rows 0 and 4, which are 4 * step bytes apart. */
static inline VF halves(const char *at, int64_t step) {
    __m128 low = _mm_loadu_ps((const float *)(const void *)at),
           high = _mm_loadu_ps((const float *)(const void *)(at + 4 * step));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
}

static ALWAYS_INLINE void vf_load_columns(VF r[VLEN], const void *in, int64_t step) {
    UNROLL for (int c = 0; c < 2; c++) {
        __m256 q[4], t[4];
        UNROLL for (int k = 0; k < 4; k++) q[k] = halves((const char *)in + k * step + 16 * c, step);
        t[0] = _mm256_unpacklo_ps(q[0], q[1]);
        t[1] = _mm256_unpackhi_ps(q[0], q[1]);
        t[2] = _mm256_unpacklo_ps(q[2], q[3]);
        t[3] = _mm256_unpackhi_ps(q[2], q[3]);
        r[4 * c] = _mm256_shuffle_ps(t[0], t[2], 0x44);
        r[4 * c + 1] = _mm256_shuffle_ps(t[0], t[2], 0xee);
        r[4 * c + 2] = _mm256_shuffle_ps(t[1], t[3], 0x44);
        r[4 * c + 3] = _mm256_shuffle_ps(t[1], t[3], 0xee);
    }
}

static inline void vf_load_transposed(VF r[VLEN], const float *in, int64_t stride) {
    vf_load_columns(r, in, stride * (int64_t)sizeof *in);
}

static inline VF vf_load_bytes(const int8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
}
static inline VF vf_load_bf16(const uint16_t *p) {
    __m128i half = _mm_loadu_si128((const __m128i *)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}
static inline VF vf_load_f16(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
static inline VF vf_lower_bf16(VF pairs) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(pairs), 16));
}
static inline VF vf_upper_bf16(VF pairs) {
    return _mm256_and_ps(pairs, _mm256_castsi256_ps(_mm256_set1_epi32((int)0xffff0000u)));
}
/* Elements below 2^16 as floats of their lower halves. */
static inline VF vf_of_f16(__m256i lower) {
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(lower, lower), 0x08);
    return _mm256_cvtph_ps(_mm256_castsi256_si128(packed));
}
static inline VF vf_lower_f16(VF pairs) {
    return vf_of_f16(_mm256_and_si256(_mm256_castps_si256(pairs), _mm256_set1_epi32(0xffff)));
}
static inline VF vf_upper_f16(VF pairs) {
    return vf_of_f16(_mm256_srli_epi32(_mm256_castps_si256(pairs), 16));
}
/* To nearest even; a NaN keeps its upper bits and is made quiet. */
static inline void vf_store_bf16(uint16_t *p, VF x) {
    __m256i bits = _mm256_castps_si256(x), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    rounded = _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
    rounded = _mm256_srli_epi32(rounded, 16);
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(rounded, rounded), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(packed));
}
static inline void vf_store_f16(uint16_t *p, VF x) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#endif
