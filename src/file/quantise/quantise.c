/* Blocks of 32, and the choice of a type's function.
 * SPDX-License-Identifier: MIT */
#include "file/quantise/quantise.h"

#include "file/quantise/quantise_blocks.h"

#include <math.h>

void put_half(unsigned char *to, float value) {
    const uint16_t half = f16_of_float(value);
    to[0] = (unsigned char)half;
    to[1] = (unsigned char)(half >> 8);
}

/* 32 integers of four bits: element i and i + 16 in one byte. */
static void put_nibbles(unsigned char *to, const int *q) {
    for (int i = 0; i < 16; i++) to[i] = (unsigned char)((q[i] & 15) | (q[i + 16] & 15) << 4);
}

static void put_fifth_bits(unsigned char *to, const int *q) {
    for (int byte = 0; byte < 4; byte++) {
        to[byte] = 0;
        for (int i = 0; i < 8; i++) to[byte] |= (unsigned char)((q[8 * byte + i] >> 4 & 1) << i);
    }
}

static int at_most(float value, int most) {
    return value < (float)most ? (int)value : most;
}

/* d takes the number of the largest magnitude to 0, that is to -zero steps; integers from 0 to 2 zero - 1. */
static float signed_steps(const float *x, int zero, int *q) {
    const float d = extreme_of(x, 32) / -(float)zero, inverse = inverse_of(d);
    for (int i = 0; i < 32; i++) q[i] = at_most(x[i] * inverse + (float)zero + 0.5f, 2 * zero - 1);
    return d;
}

/* The least number is 0, the largest `most`. */
static float range_steps(const float *x, int most, int *q, float *m) {
    float least = x[0], largest = x[0];
    for (int i = 1; i < 32; i++) least = fminf(least, x[i]), largest = fmaxf(largest, x[i]);
    const float d = (largest - least) / (float)most, inverse = inverse_of(d);
    for (int i = 0; i < 32; i++) q[i] = at_most((x[i] - least) * inverse + 0.5f, most);
    *m = least;
    return d;
}

static void quantise_q4_0(unsigned char *b, const float *x) {
    int q[32];
    put_half(b, signed_steps(x, 8, q));
    put_nibbles(b + 2, q);
}

static void quantise_q4_1(unsigned char *b, const float *x) {
    int q[32];
    float m;
    put_half(b, range_steps(x, 15, q, &m));
    put_half(b + 2, m);
    put_nibbles(b + 4, q);
}

static void quantise_q5_0(unsigned char *b, const float *x) {
    int q[32];
    put_half(b, signed_steps(x, 16, q));
    put_fifth_bits(b + 2, q);
    put_nibbles(b + 6, q);
}

static void quantise_q5_1(unsigned char *b, const float *x) {
    int q[32];
    float m;
    put_half(b, range_steps(x, 31, q, &m));
    put_half(b + 2, m);
    put_fifth_bits(b + 4, q);
    put_nibbles(b + 8, q);
}

static void quantise_q8_0(unsigned char *b, const float *x) {
    const float d = fabsf(extreme_of(x, 32)) / 127, inverse = inverse_of(d);
    put_half(b, d);
    for (int i = 0; i < 32; i++) b[2 + i] = (unsigned char)(int8_t)roundf(x[i] * inverse);
}

void put_curve_group(unsigned char *to, const float *x, float scale) {
    const float inverse = inverse_of(scale);
    int q[32];
    for (int i = 0; i < 32; i++) q[i] = nearest_on_curve(block_curve, inverse * x[i]);
    put_nibbles(to, q);
}

static void quantise_iq4_nl(unsigned char *b, const float *x) {
    const float d = fit_curve(x, 32, block_curve);
    put_half(b, d);
    put_curve_group(b + 2, x, d);
}

/* The scale takes the largest magnitude to 4 ... 8, of which there are 4 and 6. */
static void quantise_mxfp4(unsigned char *b, const float *x) {
    const float most = fabsf(extreme_of(x, 32));
    int q[32], exponent;
    frexpf(most, &exponent); /* most = 0.5 ... 1 times 2^exponent */
    b[0] = (unsigned char)(most > 0 && exponent > -124 ? exponent + 124 : 0);
    for (int i = 0; i < 32; i++) {
        float best = INFINITY;
        for (int k = 0; k < 16; k++) {
            const float error = fabsf(float_of_exponent(b[0]) * (float)mxfp4_curve[k] - x[i]);
            if (error < best) best = error, q[i] = k;
        }
    }
    put_nibbles(b + 1, q);
}

static void (*const functions[])(unsigned char *block, const float *x) = {
    [SA_Q4_0 - SA_Q4_0] = quantise_q4_0,     [SA_Q4_1 - SA_Q4_0] = quantise_q4_1,
    [SA_Q5_0 - SA_Q4_0] = quantise_q5_0,     [SA_Q5_1 - SA_Q4_0] = quantise_q5_1,
    [SA_Q8_0 - SA_Q4_0] = quantise_q8_0,     [SA_Q2_K - SA_Q4_0] = quantise_q2_k,
    [SA_Q3_K - SA_Q4_0] = quantise_q3_k,     [SA_Q4_K - SA_Q4_0] = quantise_q4_k,
    [SA_Q5_K - SA_Q4_0] = quantise_q5_k,     [SA_Q6_K - SA_Q4_0] = quantise_q6_k,
    [SA_IQ4_NL - SA_Q4_0] = quantise_iq4_nl, [SA_IQ4_XS - SA_Q4_0] = quantise_iq4_xs,
    [SA_MXFP4 - SA_Q4_0] = quantise_mxfp4,
};

int blocks_quantise(void *blocks, int32_t dtype, const float *x, int64_t n) {
    const struct block_type *type = block_type(dtype);
    unsigned char *block = blocks;
    for (int64_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) <= MOST_QUANTISED)) return 0;
    for (int64_t i = 0; i < n; i += type->elements, block += type->bytes) functions[dtype - SA_Q4_0](block, x + i);
    return 1;
}

int32_t quantised_type_for(int32_t dtype, int64_t n) {
    static const struct {
        int32_t wanted, instead;
    } smaller[] = {{SA_Q2_K, SA_Q4_0}, {SA_Q3_K, SA_Q4_0}, {SA_Q4_K, SA_Q5_0},
                   {SA_Q5_K, SA_Q5_1}, {SA_Q6_K, SA_Q8_0}, {SA_IQ4_XS, SA_IQ4_NL}};
    if (!is_quantised(dtype) || n % block_type(dtype)->elements == 0) return dtype;
    if (n % LEAST_BLOCK_ELEMENTS) return SA_F16;
    for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++)
        if (smaller[i].wanted == dtype) return smaller[i].instead;
    return dtype;
}
