/* The part of the vocabulary for quantised weights, with AVX2: VB is a register of 32 bytes, VI of eight 32-bit
 * integers, each for four neighbouring bytes, and V8 of eight floats. AVX-512 units use it too.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_X86_BYTES_AVX2_H
#define SA_KERNEL_X86_BYTES_AVX2_H

#include "base/compiler.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* Unrolls loops over the units of a span. */
#define UNROLL_UNITS UNROLL

typedef __m256 V8;
#ifdef __AVX512F__
typedef __m512i VB;
typedef __m512i VI;
typedef __m512 VQ;
typedef unsigned SHIFT; /* what shifts of a VB take */
enum { STEP = 2 };      /* units of 32 bytes in a register */
#define VB_OP(name)   _mm512_##name
#define VB_BITS(name) _mm512_##name##_si512
#else
typedef __m256i VB;
typedef __m256i VI;
typedef __m256 VQ;
typedef int SHIFT;
enum { STEP = 1 };
#define VB_OP(name)   _mm256_##name
#define VB_BITS(name) _mm256_##name##_si256
#endif

static ALWAYS_INLINE float float_of_half(uint16_t half) {
    return _cvtsh_ss(half);
}
static ALWAYS_INLINE VB vb_set1(int x) {
    return VB_OP(set1_epi8)((char)x);
}
static ALWAYS_INLINE VB vb_or(VB a, VB b) {
    return VB_BITS(or)(a, b);
}
static ALWAYS_INLINE VB vb_sub(VB a, VB b) {
    return VB_OP(sub_epi8)(a, b);
}
/* Within bytes of which nothing is lost at the left. */
static ALWAYS_INLINE VB vb_left(VB x, const int bits) {
    return VB_OP(slli_epi16)(x, (SHIFT)bits);
}
static ALWAYS_INLINE __m256i load_unit(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
static ALWAYS_INLINE __m128i load_half_unit(const void *p) {
    return _mm_loadu_si128((const __m128i *)p);
}
/* 16 where a bit is set, else 0, for 32 bits. */
static ALWAYS_INLINE __m256i sixteens(const void *bits) {
    const __m256i own = _mm256_set1_epi64x((long long)0x8040201008040201u);
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3,
                                            3, 3, 3, 3, 3, 3, 3);
    int32_t word;
    memcpy(&word, bits, sizeof word);
    const __m256i x = _mm256_shuffle_epi8(_mm256_set1_epi32(word), spread);
    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(x, own), own), _mm256_set1_epi8(16));
}
#ifdef __AVX512F__
static ALWAYS_INLINE VB vb_join(__m256i a, __m256i b) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}
static ALWAYS_INLINE VB vb_load(const uint8_t *p, const int64_t step) {
    if (step == 0) return _mm512_broadcast_i64x4(load_unit(p));
    return step == 32 ? _mm512_loadu_si512(p) : vb_join(load_unit(p), load_unit(p + step));
}
/* (byte >> bits) & mask, where `mask` has at most 8 - bits bits; `next` for the second unit. */
static ALWAYS_INLINE VB vb_right(VB x, const int bits, const int next, const int mask) {
    const __m512i count = vb_join(_mm256_set1_epi16((short)bits), _mm256_set1_epi16((short)next));
    const __m512i shifted = bits == next ? _mm512_srli_epi16(x, (unsigned)bits) : _mm512_srlv_epi16(x, count);
    return _mm512_and_si512(shifted, _mm512_set1_epi8((char)mask));
}
static ALWAYS_INLINE VB vb_nibbles(const uint8_t *p, const int64_t step) {
    const __m512i count =
        _mm512_set_epi64(0x0004000400040004, 0x0004000400040004, 0, 0, 0x0004000400040004, 0x0004000400040004, 0, 0);
    const __m512i both =
        vb_join(_mm256_broadcastsi128_si256(load_half_unit(p)), _mm256_broadcastsi128_si256(load_half_unit(p + step)));
    return _mm512_and_si512(_mm512_srlv_epi16(both, count), _mm512_set1_epi8(15));
}
static ALWAYS_INLINE VB vb_sixteens(const uint8_t *bits, const int64_t step) {
    return vb_join(sixteens(bits), sixteens(bits + step));
}
static ALWAYS_INLINE VB vb_look_up(VB x, const int8_t table[16]) {
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_half_unit(table)), x);
}
static ALWAYS_INLINE VI vi_load(const int32_t *p) {
    return _mm512_loadu_si512(p);
}
static ALWAYS_INLINE VQ vq_of(VI x) {
    return _mm512_cvtepi32_ps(x);
}
/* The quarters of x by number. The instruction's is a constant, which v is only once loops are unrolled. */
static ALWAYS_INLINE __m128i vb_quarter(VB x, const int v) {
    switch (v) {
    case 0:
        return _mm512_castsi512_si128(x);
    case 1:
        return _mm512_extracti32x4_epi32(x, 1);
    case 2:
        return _mm512_extracti32x4_epi32(x, 2);
    default:
        return _mm512_extracti32x4_epi32(x, 3);
    }
}
/* Bytes v * VLEN .. of x, with sign, as floats times VB_FLOAT. */
#define VB_FLOAT 1.0f
static ALWAYS_INLINE __m512 vb_floats(VB x, const int v) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(vb_quarter(x, v)));
}
/* table[i] for each of 16 bytes, where i is the four bits from `bit` on. */
#define HAS_TABLES
static ALWAYS_INLINE __m512 vf_pick(__m512 table, const uint8_t *bytes, const int bit) {
    const __m512i places = _mm512_cvtepu8_epi32(load_half_unit(bytes)); /* only four bits of each count */
    return _mm512_permutexvar_ps(bit ? _mm512_srli_epi32(places, (unsigned)bit) : places, table);
}
/* Factors of units u, u + 1 for the sums of their bytes. */
static ALWAYS_INLINE VQ vq_spread(const V8 factor[2], const int u) {
    const __m512i unit = vb_join(_mm256_set1_epi32(u), _mm256_set1_epi32(u + 1));
    return _mm512_permutexvar_ps(unit, _mm512_castps256_ps512(factor[0]));
}
/* The same where halves of units have a factor. */
static ALWAYS_INLINE VQ vq_spread_pairs(const V8 factor[2], const int u) {
    const __m512i first = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512 all = _mm512_insertf32x8(_mm512_castps256_ps512(factor[0]), factor[1], 1);
    return _mm512_permutexvar_ps(_mm512_add_epi32(first, _mm512_set1_epi32(2 * u)), all);
}
#else
static ALWAYS_INLINE VB vb_load(const uint8_t *p, const int64_t step) {
    (void)step;
    return load_unit(p);
}
static ALWAYS_INLINE VB vb_right(VB x, const int bits, const int next, const int mask) {
    (void)next;
    return _mm256_and_si256(_mm256_srli_epi16(x, bits), _mm256_set1_epi8((char)mask));
}
static ALWAYS_INLINE VB vb_nibbles(const uint8_t *p, const int64_t step) {
    const __m128i x = load_half_unit(p);
    (void)step;
    return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(x, 4), x), _mm256_set1_epi8(15));
}
static ALWAYS_INLINE VB vb_sixteens(const uint8_t *bits, const int64_t step) {
    (void)step;
    return sixteens(bits);
}
static ALWAYS_INLINE VB vb_look_up(VB x, const int8_t table[16]) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_half_unit(table)), x);
}
static ALWAYS_INLINE VI vi_load(const int32_t *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
static ALWAYS_INLINE VQ vq_of(VI x) {
    return _mm256_cvtepi32_ps(x);
}
/* Halves of 16 bytes, each twice in a register: from memory, and of x. */
#define HAS_HALVES
static ALWAYS_INLINE VB vb_twice(const uint8_t *p) {
    return _mm256_broadcastsi128_si256(load_half_unit(p));
}
static ALWAYS_INLINE VB vb_half(VB x, const int upper) {
    return upper ? _mm256_permute2x128_si256(x, x, 0x11) : _mm256_permute2x128_si256(x, x, 0);
}
/* Eight bytes of a half, the lower or the upper ones, with sign, as floats times VB_FLOAT: one shuffle puts each at the
 * upper end of an integer, where it needs no instruction for its sign. */
#define VB_FLOAT 0x1p24f
static ALWAYS_INLINE __m256 vb_floats(VB half, const int upper) {
    const __m256i lower_bytes = _mm256_setr_epi8(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1,
                                                 4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7);
    const __m256i upper_bytes = _mm256_setr_epi8(-1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1, 10, -1, -1, -1, 11, -1, -1,
                                                 -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1, 15);
    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(half, upper ? upper_bytes : lower_bytes));
}
static ALWAYS_INLINE VQ vq_spread(const V8 factor[2], const int u) {
    return _mm256_permutevar8x32_ps(factor[0], _mm256_set1_epi32(u));
}
static ALWAYS_INLINE VQ vq_spread_pairs(const V8 factor[2], const int u) {
    const __m256i first = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    return _mm256_permutevar8x32_ps(factor[u / 4], _mm256_add_epi32(first, _mm256_set1_epi32(u % 4 * 2)));
}
#endif
#if defined(__AVX512VNNI__)
/* Sums of four products of weights q - 2^zero with signed bytes, of which minus_sums are known; q < 128. No zero: -1.
 */
static ALWAYS_INLINE VI vi_dot(VB q, const int8_t *x, const int32_t *minus_sums, const int zero) {
    const VI start = zero < 0 ? VB_BITS(setzero)() : VB_OP(slli_epi32)(vi_load(minus_sums), (SHIFT)zero);
    return VB_OP(dpbusd_epi32)(start, q, vb_load((const uint8_t *)x, 32));
}
/* The same for signed q. */
static ALWAYS_INLINE VI vi_dot_signed(VB q, const int8_t *x, const int32_t *minus_sums) {
    return vi_dot(VB_BITS(xor)(q, vb_set1(0x80)), x, minus_sums, 7);
}
#else
static ALWAYS_INLINE VI vi_dot(VB q, const int8_t *x, const int32_t *minus_sums, const int zero) {
    const VI pairs = VB_OP(maddubs_epi16)(q, vb_load((const uint8_t *)x, 32));
    const VI sums = VB_OP(madd_epi16)(pairs, VB_OP(set1_epi16)(1));
    return zero < 0 ? sums : VB_OP(add_epi32)(sums, VB_OP(slli_epi32)(vi_load(minus_sums), (SHIFT)zero));
}
/* |q| <= 128 and |x| <= 127: no sum of two products overflows 16 bits. */
static ALWAYS_INLINE VI vi_dot_signed(VB q, const int8_t *x, const int32_t *minus_sums) {
    const VB bytes = vb_load((const uint8_t *)x, 32);
    (void)minus_sums;
#ifdef __AVX512F__
    const __mmask64 negative = _mm512_movepi8_mask(q);
    const VB turned = _mm512_mask_sub_epi8(bytes, negative, _mm512_setzero_si512(), bytes);
#else
    const VB turned = _mm256_sign_epi8(bytes, q);
#endif
    return VB_OP(madd_epi16)(VB_OP(maddubs_epi16)(VB_OP(abs_epi8)(q), turned), VB_OP(set1_epi16)(1));
}
#endif
static ALWAYS_INLINE VQ vq_set1(float x) {
    return VB_OP(set1_ps)(x);
}
static ALWAYS_INLINE VQ vq_add(VQ a, VQ b) {
    return VB_OP(add_ps)(a, b);
}
static ALWAYS_INLINE VQ vq_fma(VQ a, VQ b, VQ c) { /* a * b + c */
    return VB_OP(fmadd_ps)(a, b, c);
}
static ALWAYS_INLINE V8 v8_set1(float x) {
    return _mm256_set1_ps(x);
}
static ALWAYS_INLINE V8 v8_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static ALWAYS_INLINE void v8_store(float *p, V8 x) {
    _mm256_storeu_ps(p, x);
}
/* Floats from `count` halves that lie `step` bytes apart; the rest is 0. */
static ALWAYS_INLINE V8 v8_of_halves(const uint8_t *p, const int64_t step, const int count) {
    int16_t half[8] = {0};
    UNROLL for (int i = 0; i < 8; i++) if (i < count) memcpy(&half[i], p + i * step, sizeof half[i]);
    return _mm256_cvtph_ps(_mm_setr_epi16(half[0], half[1], half[2], half[3], half[4], half[5], half[6], half[7]));
}
/* 2^(e - 128) of `count` bytes e that lie `step` bytes apart; of 0 for the rest. */
static ALWAYS_INLINE V8 v8_of_exponents(const uint8_t *p, const int64_t step, const int count) {
    uint64_t bytes = 0;
    UNROLL for (int i = 0; i < 8; i++) if (i < count) bytes |= (uint64_t)p[i * step] << 8 * i;
    const __m256i e = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes)), two = _mm256_set1_epi32(2);
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x200000), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, subnormal, _mm256_cmpgt_epi32(two, e)));
}
/* Eight signed bytes, the lowest first. */
static ALWAYS_INLINE V8 v8_of_bytes(uint64_t bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)bytes)));
}
/* Each of the first or the last four floats twice. */
static ALWAYS_INLINE V8 v8_twice(V8 x, const int last) {
    return _mm256_permutevar8x32_ps(x, last ? _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7)
                                            : _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
static ALWAYS_INLINE V8 v8_mul(V8 a, V8 b) {
    return _mm256_mul_ps(a, b);
}
static ALWAYS_INLINE V8 v8_add(V8 a, V8 b) {
    return _mm256_add_ps(a, b);
}
static ALWAYS_INLINE V8 v8_fma(V8 a, V8 b, V8 c) { /* a * b + c */
    return _mm256_fmadd_ps(a, b, c);
}
static ALWAYS_INLINE float v8_sum(V8 x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
static ALWAYS_INLINE float vq_sum(VQ x) {
#ifdef __AVX512F__
    return v8_sum(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)));
#else
    return v8_sum(x);
#endif
}
/* The largest magnitude of 32 floats; NaN or infinity where one of them is not finite. */
static ALWAYS_INLINE float largest_of_32(const float *x) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256i most = _mm256_setzero_si256(); /* magnitudes are ordered like their bits, and NaN is above infinity */
    for (int i = 0; i < 32; i += 8)
        most = _mm256_max_epi32(most, _mm256_castps_si256(_mm256_andnot_ps(sign, _mm256_loadu_ps(x + i))));
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
    return _mm_cvtss_f32(_mm_castsi128_ps(m));
}
/* 32 floats times a factor, within -127 .. 127, to the nearest bytes; and minus the sums of four of them. */
static ALWAYS_INLINE void round_unit(int8_t *bytes, int32_t *minus_sums, const float *x, float factor) {
    __m256i n[4];
    UNROLL for (int i = 0; i < 4; i++) n[i] =
        _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(factor)));
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
    const __m256i ordered = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), ordered);
    _mm256_storeu_si256((__m256i *)(void *)bytes, ordered);
    _mm256_storeu_si256((__m256i *)(void *)minus_sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(-1)));
}

#endif
