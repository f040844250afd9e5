/* Blocks of 256: scales of groups are found first and rounded to integers themselves; then the numbers are rounded with
 * the scales as they have become.
 * SPDX-License-Identifier: MIT */
#include "file/quantise/quantise.h"
#include "file/quantise/quantise_blocks.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MOST_BLOCK_ELEMENTS, MOST_GROUPS = 16 };

static float half_at(const unsigned char *p) {
    return float_of_f16((uint16_t)(p[0] | p[1] << 8));
}

static float largest(const float *x, int n) {
    float most = 0;
    for (int i = 0; i < n; i++) most = fmaxf(most, x[i]);
    return most;
}

/* x[i] as multiples of the largest / most; the step is written as a half. */
static void round_scales(const float *x, int n, int most, unsigned char *half, int *s) {
    const float top = largest(x, n), inverse = inverse_of(top) > 0 ? (float)most / top : 0;
    for (int i = 0; i < n; i++) {
        s[i] = (int)nearbyintf(inverse * x[i]);
        if (s[i] > most) s[i] = most;
    }
    put_half(half, top / (float)most);
}

/* A group's integers for d s q - dmin t. A scale of 0 makes them all the same, whatever they are. */
static void round_range(const float *x, int n, float scale, float least, int most, int *q) {
    for (int i = 0; i < n; i++) q[i] = scale != 0 ? nearest_step(x[i] + least, scale, 0, most) : 0;
}

static void round_signed(const float *x, int n, float scale, int steps, int *q) {
    for (int i = 0; i < n; i++) q[i] = scale != 0 ? nearest_step(x[i], scale, -steps, steps - 1) : 0;
}

/* Two bits of 256 integers: four elements, 32 apart, to a byte. */
static void put_two_bits(unsigned char *to, const int *q) {
    for (int i = 0; i < BLOCK; i++) to[i / 128 * 32 + i % 32] |= (unsigned char)((q[i] & 3) << i % 128 / 32 * 2);
}

void quantise_q2_k(unsigned char *b, const float *x) {
    static const struct range_search search = {.steps = 3, .count = 15, .first = -0.5f, .absolute = 1};
    float scale[MOST_GROUPS], least[MOST_GROUPS], w[16];
    int s[MOST_GROUPS], t[MOST_GROUPS], q[BLOCK];
    for (int k = 0; k < 16; k++) {
        for (int i = 0; i < 16; i++) w[i] = fabsf(x[16 * k + i]);
        fit_range(x + 16 * k, w, 16, &search, &scale[k], &least[k]);
    }
    memset(b, 0, 84);
    round_scales(scale, 16, 15, b + 80, s);
    round_scales(least, 16, 15, b + 82, t);
    for (int k = 0; k < 16; k++) {
        b[k] = (unsigned char)(s[k] | t[k] << 4);
        round_range(x + 16 * k, 16, half_at(b + 80) * (float)s[k], half_at(b + 82) * (float)t[k], 3, q + 16 * k);
    }
    put_two_bits(b + 16, q);
}

/* Signed scales as multiples of the extreme one / -steps. */
static void round_signed_scales(const float *x, int n, int steps, unsigned char *half, int *s) {
    const float extreme = extreme_of(x, n), inverse = inverse_of(extreme) != 0 ? -(float)steps / extreme : 0;
    for (int i = 0; i < n; i++) s[i] = inverse != 0 ? nearest_step(inverse * x[i], 1, -steps, steps - 1) : 0;
    put_half(half, inverse != 0 ? 1 / inverse : 0);
}

void quantise_q3_k(unsigned char *b, const float *x) {
    float scale[MOST_GROUPS];
    int s[MOST_GROUPS], q[BLOCK];
    for (int k = 0; k < 16; k++) scale[k] = fit_scale_by_turns(x + 16 * k, 16, 4);
    memset(b, 0, 110);
    round_signed_scales(scale, 16, 32, b + 108, s);
    for (int k = 0; k < 16; k++) {
        round_signed(x + 16 * k, 16, half_at(b + 108) * (float)s[k], 4, q + 16 * k);
        b[96 + k % 8] |= (unsigned char)(((s[k] + 32) & 15) << k / 8 * 4);
        b[104 + k % 4] |= (unsigned char)((s[k] + 32) >> 4 << k / 4 * 2);
    }
    for (int i = 0; i < BLOCK; i++) {
        q[i] += 4;
        b[i % 32] |= (unsigned char)(q[i] >> 2 << i / 32);
    }
    put_two_bits(b + 32, q);
}

/* Scales of Q4_K and Q5_K: s and t of eight groups, six bits each, in twelve bytes. */
static void put_six_bits(unsigned char *to, const int *s, const int *t) {
    for (int g = 0; g < 4; g++) {
        to[g] = (unsigned char)(s[g] | s[g + 4] >> 4 << 6);
        to[g + 4] = (unsigned char)(t[g] | t[g + 4] >> 4 << 6);
        to[g + 8] = (unsigned char)((s[g + 4] & 15) | (t[g + 4] & 15) << 4);
    }
}

/* Integers from 0 to search->steps, and everything but these. */
static void quantise_eight(unsigned char *b, const float *x, const struct range_search *search, int *q) {
    float scale[8], least[8], w[32];
    int s[8], t[8];
    for (int g = 0; g < 8; g++) {
        float squares = 0;
        for (int i = 0; i < 32; i++) squares += x[32 * g + i] * x[32 * g + i];
        for (int i = 0; i < 32; i++) w[i] = sqrtf(squares / 32) + fabsf(x[32 * g + i]);
        fit_range(x + 32 * g, w, 32, search, &scale[g], &least[g]);
    }
    round_scales(scale, 8, 63, b, s);
    round_scales(least, 8, 63, b + 2, t);
    put_six_bits(b + 4, s, t);
    for (int g = 0; g < 8; g++)
        round_range(x + 32 * g, 32, half_at(b) * (float)s[g], half_at(b + 2) * (float)t[g], search->steps, q + 32 * g);
}

/* Two groups of 32 to 32 bytes. */
static void put_group_nibbles(unsigned char *to, const int *q) {
    for (int i = 0; i < BLOCK; i++) to[i / 64 * 32 + i % 32] |= (unsigned char)((q[i] & 15) << i % 64 / 32 * 4);
}

void quantise_q4_k(unsigned char *b, const float *x) {
    static const struct range_search search = {.steps = 15, .count = 20, .first = -1};
    int q[BLOCK];
    memset(b, 0, 144);
    quantise_eight(b, x, &search, q);
    put_group_nibbles(b + 16, q);
}

void quantise_q5_k(unsigned char *b, const float *x) {
    static const struct range_search search = {.steps = 31, .count = 15, .first = -0.5f};
    int q[BLOCK];
    memset(b, 0, 176);
    quantise_eight(b, x, &search, q);
    for (int i = 0; i < BLOCK; i++) b[16 + i % 32] |= (unsigned char)(q[i] >> 4 << i / 32);
    put_group_nibbles(b + 48, q);
}

void quantise_q6_k(unsigned char *b, const float *x) {
    float scale[MOST_GROUPS];
    int s[MOST_GROUPS], q[BLOCK];
    for (int k = 0; k < 16; k++) scale[k] = fit_scale(x + 16 * k, 16, 32);
    memset(b, 0, 210);
    round_signed_scales(scale, 16, 128, b + 208, s);
    for (int k = 0; k < 16; k++) {
        round_signed(x + 16 * k, 16, half_at(b + 208) * (float)s[k], 32, q + 16 * k);
        b[192 + k] = (unsigned char)s[k];
    }
    for (int i = 0; i < BLOCK; i++) {
        const int h = i / 128, p = i % 128, bits = q[i] + 32;
        b[64 * h + p % 64] |= (unsigned char)((bits & 15) << p / 64 * 4);
        b[128 + 32 * h + p % 32] |= (unsigned char)(bits >> 4 << p / 32 * 2);
    }
}

void quantise_iq4_xs(unsigned char *b, const float *x) {
    float scale[8];
    int s[8];
    for (int g = 0; g < 8; g++) scale[g] = fit_curve(x + 32 * g, 32, block_curve);
    memset(b, 0, 136);
    round_signed_scales(scale, 8, 32, b, s);
    for (int g = 0; g < 8; g++) {
        put_curve_group(b + 8 + 16 * g, x + 32 * g, half_at(b) * (float)s[g]);
        b[4 + g / 2] |= (unsigned char)(((s[g] + 32) & 15) << g % 2 * 4);
        b[2 + g / 4] |= (unsigned char)((s[g] + 32) >> 4 << g % 4 * 2);
    }
}
