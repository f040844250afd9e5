/* SPDX-License-Identifier: MIT */
#include "support/blocks.h"

#include "base/half.h"
#include "base/quantised.h"

#include <assert.h>
#include <math.h>

const int32_t block_types[BLOCK_TYPES] = {SA_Q4_0, SA_Q4_1, SA_Q5_0, SA_Q5_1,   SA_Q8_0,   SA_Q2_K, SA_Q3_K,
                                          SA_Q4_K, SA_Q5_K, SA_Q6_K, SA_IQ4_NL, SA_IQ4_XS, SA_MXFP4};

/* A block that is being written. */
struct writer {
    unsigned char *block;
    struct rng *rng;
    float size; /* of scales; 0: anything */
};

/* `count` bits of value from bit `bit` of the byte on. */
static void put(const struct writer *w, int byte, int bit, int count, int value) {
    const int mask = ((1 << count) - 1) << bit;
    w->block[byte] = (unsigned char)((w->block[byte] & ~mask) | (value << bit & mask));
}

/* A random integer of so many bits. */
static int any(const struct writer *w, int bits) {
    return (int)rng_below(w->rng, 1 << bits);
}

/* Writes a binary16. */
static double put_half(const struct writer *w, int byte) {
    static const uint16_t special[] = {0, 0x8000, 1, 0x83ff, 0x7bff, 0xfbff, 0x0400};
    uint16_t half = f16_of_float(w->size * rng_normal(w->rng));
    if (w->size == 0)
        half = rng_chance(w->rng, 0.2) ? special[rng_below(w->rng, 7)] : f16_of_float(4 * rng_normal(w->rng));
    put(w, byte, 0, 8, half & 255);
    put(w, byte + 1, 0, 8, half >> 8);
    return (double)float_of_f16(half);
}

/* q of 4 bits of element i of 32. */
static int put_nibble(const struct writer *w, int byte, int i) {
    const int q = any(w, 4);
    put(w, byte + i % 16, i / 16 * 4, 4, q);
    return q;
}

/* q of 5 bits of element i of 32. */
static int put_five(const struct writer *w, int high, int low, int i) {
    const int q = put_nibble(w, low, i), fifth = any(w, 1);
    put(w, high + i / 8, i % 8, 1, fifth);
    return q + 16 * fifth;
}

static const int curve[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

static void make_32(const struct writer *w, int32_t dtype, double *values) {
    const double d = put_half(w, 0), m = dtype == SA_Q4_1 || dtype == SA_Q5_1 ? put_half(w, 2) : 0;
    for (int i = 0; i < 32; i++) {
        int byte;
        switch (dtype) {
        case SA_Q4_0:
            values[i] = d * (put_nibble(w, 2, i) - 8);
            break;
        case SA_Q4_1:
            values[i] = d * put_nibble(w, 4, i) + m;
            break;
        case SA_Q5_0:
            values[i] = d * (put_five(w, 2, 6, i) - 16);
            break;
        case SA_Q5_1:
            values[i] = d * put_five(w, 4, 8, i) + m;
            break;
        case SA_Q8_0:
            byte = any(w, 8);
            put(w, 2 + i, 0, 8, byte);
            values[i] = d * (byte < 128 ? byte : byte - 256);
            break;
        default: /* SA_IQ4_NL */
            values[i] = d * curve[put_nibble(w, 2, i)];
        }
    }
}

/* Scales are powers of two: 2^-127 to 2^125. */
static void make_mxfp4(const struct writer *w, double *values) {
    static const double fours[16] = {0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6};
    int e = w->size == 0 ? (int)rng_below(w->rng, 253) : 126 + ilogbf(w->size) + any(w, 2);
    if (w->size == 0 && rng_chance(w->rng, 0.2)) e = any(w, 1);
    put(w, 0, 0, 8, e);
    for (int i = 0; i < 32; i++) values[i] = ldexp(fours[put_nibble(w, 1, i)], e - 127);
}

/* The two lower bits of Q2_K and Q3_K. */
static int put_two(const struct writer *w, int byte, int i) {
    const int q = any(w, 2);
    put(w, byte + 32 * (i / 128) + i % 32, i % 128 / 32 * 2, 2, q);
    return q;
}

static void make_q2_k(const struct writer *w, double *values) {
    const double d = put_half(w, 80), dmin = put_half(w, 82);
    int s[16], t[16];
    for (int k = 0; k < 16; k++) {
        put(w, k, 0, 4, s[k] = any(w, 4));
        put(w, k, 4, 4, t[k] = any(w, 4));
    }
    for (int i = 0; i < 256; i++) {
        const int g = i / 16;
        values[i] = d * s[g] * put_two(w, 16, i) - dmin * t[g];
    }
}

static void make_q3_k(const struct writer *w, double *values) {
    const double d = put_half(w, 108);
    int s[16];
    for (int k = 0; k < 16; k++) {
        s[k] = any(w, 6);
        put(w, 96 + k % 8, k < 8 ? 0 : 4, 4, s[k]);
        put(w, 104 + k % 4, k / 4 * 2, 2, s[k] >> 4);
    }
    for (int i = 0; i < 256; i++) {
        const int g = i / 16, third = any(w, 1), q = put_two(w, 32, i) + 4 * third;
        put(w, i % 32, i / 32, 1, third);
        values[i] = d * (s[g] - 32) * (q - 4);
    }
}

/* Q4_K, and Q5_K with fifth bits. */
static void make_q45_k(const struct writer *w, int fifths, double *values) {
    const double d = put_half(w, 0), dmin = put_half(w, 2);
    int s[8], t[8];
    for (int g = 0; g < 8; g++) {
        s[g] = any(w, 6), t[g] = any(w, 6);
        if (g < 4) {
            put(w, 4 + g, 0, 6, s[g]);
            put(w, 8 + g, 0, 6, t[g]);
        } else {
            put(w, 8 + g, 0, 4, s[g]);
            put(w, 8 + g, 4, 4, t[g]);
            put(w, g, 6, 2, s[g] >> 4);
            put(w, 4 + g, 6, 2, t[g] >> 4);
        }
    }
    for (int i = 0; i < 256; i++) {
        const int g = i / 32, low = any(w, 4), fifth = fifths ? any(w, 1) : 0;
        put(w, (fifths ? 48 : 16) + 32 * (g / 2) + i % 32, g % 2 ? 4 : 0, 4, low);
        if (fifths) put(w, 16 + i % 32, g, 1, fifth);
        values[i] = d * s[g] * (low + 16 * fifth) - dmin * t[g];
    }
}

static void make_q6_k(const struct writer *w, double *values) {
    const double d = put_half(w, 208);
    int s[16];
    for (int k = 0; k < 16; k++) {
        const int byte = any(w, 8);
        put(w, 192 + k, 0, 8, byte);
        s[k] = byte < 128 ? byte : byte - 256;
    }
    for (int i = 0; i < 256; i++) {
        const int g = i / 16, q = any(w, 6), h = i / 128, p = i % 128;
        put(w, 64 * h + p % 64, p < 64 ? 0 : 4, 4, q);
        put(w, 128 + 32 * h + p % 32, p / 32 * 2, 2, q >> 4);
        values[i] = d * s[g] * (q - 32);
    }
}

static void make_iq4_xs(const struct writer *w, double *values) {
    const double d = put_half(w, 0);
    int s[8];
    for (int g = 0; g < 8; g++) {
        s[g] = any(w, 6);
        put(w, 4 + g / 2, g % 2 ? 4 : 0, 4, s[g]);
        put(w, 2 + g / 4, g % 4 * 2, 2, s[g] >> 4);
    }
    for (int i = 0; i < 256; i++) {
        const int g = i / 32;
        values[i] = d * (s[g] - 32) * curve[put_nibble(w, 8 + 16 * g, i % 32)];
    }
}

static void make(const struct writer *w, int32_t dtype, double *values) {
    switch (dtype) {
    case SA_Q2_K:
        make_q2_k(w, values);
        break;
    case SA_Q3_K:
        make_q3_k(w, values);
        break;
    case SA_Q4_K:
    case SA_Q5_K:
        make_q45_k(w, dtype == SA_Q5_K, values);
        break;
    case SA_Q6_K:
        make_q6_k(w, values);
        break;
    case SA_IQ4_XS:
        make_iq4_xs(w, values);
        break;
    case SA_MXFP4:
        make_mxfp4(w, values);
        break;
    default:
        make_32(w, dtype, values);
    }
}

void block_random(struct rng *rng, int32_t dtype, unsigned char *block, double *values) {
    make(&(struct writer){block, rng, 0}, dtype, values);
}

void blocks_random(struct rng *rng, int32_t dtype, int64_t n, float size, void *blocks, float *values) {
    const struct block_type *type = block_type(dtype);
    double exact[MOST_BLOCK_ELEMENTS];
    assert(n % type->elements == 0);
    for (int64_t i = 0; i < n; i += type->elements) {
        make(&(struct writer){(unsigned char *)blocks + i / type->elements * type->bytes, rng, size}, dtype, exact);
        for (int64_t j = 0; j < type->elements; j++) values[i + j] = (float)exact[j];
    }
}
