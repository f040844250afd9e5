/* Layouts: gguf-py/gguf/quants.py of https://github.com/ggml-org/llama.cpp. d, m and dmin are binary16, i is an
 * element's place in its block. A product of d with the integers beside it has at most 23 significant bits, so it is
 * exact; only the sum with m or dmin t rounds.
 * SPDX-License-Identifier: MIT */
#include "base/quantised.h"

#include "base/arith.h"

#include <stddef.h>

static float half_at(const unsigned char *p) {
    return float_of_f16((uint16_t)(p[0] | p[1] << 8));
}

/* Element i of 32 four-bit numbers: halves, not neighbours. */
static int nibble(const unsigned char *q, int i) {
    return i < 16 ? q[i] & 15 : q[i - 16] >> 4;
}

/* Element i of 32 single bits. */
static int bit(const unsigned char *bits, int i) {
    return bits[i / 8] >> i % 8 & 1;
}

const int8_t block_curve[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
const int8_t mxfp4_curve[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/* d (q - 8) */
static void widen_q4_0(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)(nibble(b + 2, i) - 8);
}

/* d q + m */
static void widen_q4_1(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)nibble(b + 4, i) + half_at(b + 2);
}

/* d (q - 16) */
static void widen_q5_0(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)((nibble(b + 6, i) | bit(b + 2, i) << 4) - 16);
}

/* d q + m */
static void widen_q5_1(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)(nibble(b + 8, i) | bit(b + 4, i) << 4) + half_at(b + 2);
}

/* d q */
static void widen_q8_0(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)(int8_t)b[2 + i];
}

/* d c[q] */
static void widen_iq4_nl(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = half_at(b) * (float)block_curve[nibble(b + 2, i)];
}

/* 2^(e - 128) c[q] */
static void widen_mxfp4(float *out, const unsigned char *b) {
    for (int i = 0; i < 32; i++) out[i] = float_of_exponent(b[0]) * (float)mxfp4_curve[nibble(b + 1, i)];
}

/* Element i of 256 two-bit numbers: four elements, 32 apart, to a byte. */
static int two_bits(const unsigned char *q, int i) {
    return q[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
}

/* d s q - dmin t, s and t per 16 elements */
static void widen_q2_k(float *out, const unsigned char *b) {
    const float d = half_at(b + 80), dmin = half_at(b + 82);
    for (int i = 0; i < 256; i++) {
        const unsigned char scales = b[i / 16];
        out[i] = d * (float)((scales & 15) * two_bits(b + 16, i)) - dmin * (float)(scales >> 4);
    }
}

/* d (s - 32) (q - 4), s per 16 elements. q's third bit and s's upper two lie apart. */
static void widen_q3_k(float *out, const unsigned char *b) {
    const float d = half_at(b + 108);
    for (int i = 0; i < 256; i++) {
        const int k = i / 16, q = two_bits(b + 32, i) | (b[i % 32] >> i / 32 & 1) << 2;
        const int s = (b[96 + k % 8] >> k / 8 * 4 & 15) | (b[104 + k % 4] >> k / 4 * 2 & 3) << 4;
        out[i] = d * (float)((s - 32) * (q - 4));
    }
}

/* s and t of group g of 32 elements in Q4_K and Q5_K, six bits each, out of twelve bytes. */
static void six_bits(const unsigned char *b, int g, int *s, int *t) {
    *s = g < 4 ? b[g] & 63 : (b[g + 4] & 15) | b[g - 4] >> 6 << 4;
    *t = g < 4 ? b[g + 4] & 63 : b[g + 4] >> 4 | b[g] >> 6 << 4;
}

/* Element i of 256 four-bit numbers in Q4_K and Q5_K: two groups of 32 to 32 bytes. */
static int group_nibble(const unsigned char *q, int i) {
    return q[i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
}

/* d s q - dmin t */
static void widen_q4_k(float *out, const unsigned char *b) {
    const float d = half_at(b), dmin = half_at(b + 2);
    for (int i = 0; i < 256; i++) {
        int s, t;
        six_bits(b + 4, i / 32, &s, &t);
        out[i] = d * (float)(s * group_nibble(b + 16, i)) - dmin * (float)t;
    }
}

/* d s q - dmin t */
static void widen_q5_k(float *out, const unsigned char *b) {
    const float d = half_at(b), dmin = half_at(b + 2);
    for (int i = 0; i < 256; i++) {
        int s, t, q = group_nibble(b + 48, i) | (b[16 + i % 32] >> i / 32 & 1) << 4;
        six_bits(b + 4, i / 32, &s, &t);
        out[i] = d * (float)(s * q) - dmin * (float)t;
    }
}

/* d s (q - 32), s a signed byte per 16 elements */
static void widen_q6_k(float *out, const unsigned char *b) {
    const float d = half_at(b + 208);
    for (int i = 0; i < 256; i++) {
        const int h = i / 128, p = i % 128;
        const int q = (b[64 * h + p % 64] >> p / 64 * 4 & 15) | (b[128 + 32 * h + p % 32] >> p / 32 * 2 & 3) << 4;
        out[i] = d * (float)((int8_t)b[192 + i / 16] * (q - 32));
    }
}

/* d (s - 32) c[q], s per 32 elements */
static void widen_iq4_xs(float *out, const unsigned char *b) {
    const float d = half_at(b);
    for (int i = 0; i < 256; i++) {
        const int g = i / 32, s = (b[4 + g / 2] >> g % 2 * 4 & 15) | (b[2 + g / 4] >> g % 4 * 2 & 3) << 4;
        out[i] = d * (float)((s - 32) * block_curve[nibble(b + 8 + 16 * g, i % 32)]);
    }
}

static const struct block_type types[] = {
    [SA_Q4_0 - SA_Q4_0] = {"Q4_0", 32, 18, widen_q4_0},
    [SA_Q4_1 - SA_Q4_0] = {"Q4_1", 32, 20, widen_q4_1},
    [SA_Q5_0 - SA_Q4_0] = {"Q5_0", 32, 22, widen_q5_0},
    [SA_Q5_1 - SA_Q4_0] = {"Q5_1", 32, 24, widen_q5_1},
    [SA_Q8_0 - SA_Q4_0] = {"Q8_0", 32, 34, widen_q8_0},
    [SA_Q2_K - SA_Q4_0] = {"Q2_K", 256, 84, widen_q2_k},
    [SA_Q3_K - SA_Q4_0] = {"Q3_K", 256, 110, widen_q3_k},
    [SA_Q4_K - SA_Q4_0] = {"Q4_K", 256, 144, widen_q4_k},
    [SA_Q5_K - SA_Q4_0] = {"Q5_K", 256, 176, widen_q5_k},
    [SA_Q6_K - SA_Q4_0] = {"Q6_K", 256, 210, widen_q6_k},
    [SA_IQ4_NL - SA_Q4_0] = {"IQ4_NL", 32, 18, widen_iq4_nl},
    [SA_IQ4_XS - SA_Q4_0] = {"IQ4_XS", 256, 136, widen_iq4_xs},
    [SA_MXFP4 - SA_Q4_0] = {"MXFP4", 32, 17, widen_mxfp4},
};

const struct block_type *block_type(int32_t dtype) {
    if (dtype < SA_Q4_0 || dtype > SA_MXFP4) return NULL;
    const struct block_type *type = &types[dtype - SA_Q4_0];
    return type->name ? type : NULL;
}

int64_t weight_bytes(int32_t dtype, int64_t n) {
    const struct block_type *type = block_type(dtype);
    return type ? n / type->elements * type->bytes : n * element_size(dtype);
}

void blocks_widen(float *out, const void *blocks, int32_t dtype, int64_t first, int64_t count) {
    const struct block_type *type = &types[dtype - SA_Q4_0];
    float values[MOST_BLOCK_ELEMENTS];
    while (count > 0) {
        const int64_t from = first % type->elements, n = min_i64(type->elements - from, count);
        const unsigned char *block = (const unsigned char *)blocks + first / type->elements * type->bytes;
        if (n == type->elements) {
            type->widen(out, block);
        } else {
            type->widen(values, block);
            memcpy(out, values + from, (size_t)n * sizeof *out);
        }
        first += n, out += n, count -= n;
    }
}
