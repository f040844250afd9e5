/* Dropout whose draws are a function of the place: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", 2011). So a draw is the same in any tile, on any thread, forward and backward, and none is stored.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_DROPOUT_H
#define SA_BASE_DROPOUT_H

#include "base/half.h"

#include <string.h>

/* {0}: nothing is dropped. */
struct dropout {
    float limit;      /* a draw from [1, 2) below this drops */
    float factor;     /* of what is kept: 1 / (1 - probability) */
    uint32_t seed[2]; /* lower half first */
};

#define PHILOX_FIRST_FACTOR  0xD2511F53u
#define PHILOX_SECOND_FACTOR 0xCD9E8D57u
#define PHILOX_FIRST_STEP    0x9E3779B9u
#define PHILOX_SECOND_STEP   0xBB67AE85u
enum { PHILOX_ROUNDS = 10, PHILOX_WORDS = 4 };

static inline int drops(const struct dropout *d) {
    return d->factor != 0;
}

/* 0 <= probability < 1. Draws have 23 bits, so the probability is rounded to a multiple of 2^-23. */
static inline struct dropout dropout_of(double probability, uint64_t seed) {
    struct dropout d = {.limit = (float)(1 + probability), .seed = {(uint32_t)seed, (uint32_t)(seed >> 32)}};
    if (d.limit > 1) d.factor = (float)(1 / (1 - probability));
    return d;
}

static inline void philox(const uint32_t seed[2], const uint32_t counter[4], uint32_t words[PHILOX_WORDS]) {
    uint32_t k0 = seed[0], k1 = seed[1];
    memcpy(words, counter, PHILOX_WORDS * sizeof *words);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const uint64_t p = (uint64_t)PHILOX_FIRST_FACTOR * words[0], q = (uint64_t)PHILOX_SECOND_FACTOR * words[2];
        words[0] = (uint32_t)(q >> 32) ^ words[1] ^ k0;
        words[1] = (uint32_t)q;
        words[2] = (uint32_t)(p >> 32) ^ words[3] ^ k1;
        words[3] = (uint32_t)p;
        k0 += PHILOX_FIRST_STEP;
        k1 += PHILOX_SECOND_STEP;
    }
}

/* A word as a float from [1, 2). */
static inline float dropout_draw(uint32_t word) {
    return float_of_bits(word >> 9 | 0x3f800000u);
}

/* The factors of four numbers of a row, `place` / 4 * 4 and the three behind: 0 for those that are dropped. The row is
 * numbered by sequence, head and query; of each number the lower 32 bits count, of place / 4 too. */
static inline void dropout_factors(const struct dropout *d, int64_t sequence, int64_t head, int64_t query,
                                   int64_t place, float factors[PHILOX_WORDS]) {
    const uint32_t counter[4] = {(uint32_t)(place / PHILOX_WORDS), (uint32_t)query, (uint32_t)head, (uint32_t)sequence};
    uint32_t words[PHILOX_WORDS];
    philox(d->seed, counter, words);
    for (int i = 0; i < PHILOX_WORDS; i++) factors[i] = dropout_draw(words[i]) < d->limit ? 0 : d->factor;
}

/* The factor of one number. */
static inline float dropout_factor(const struct dropout *d, int64_t sequence, int64_t head, int64_t query,
                                   int64_t place) {
    float factors[PHILOX_WORDS];
    dropout_factors(d, sequence, head, query, place, factors);
    return factors[place % PHILOX_WORDS];
}

/* x[i] *= factor for n numbers of a row from `place` on; what is dropped becomes 0, whatever it was. */
static inline void drop_row(const struct dropout *d, int64_t sequence, int64_t head, int64_t query, int64_t place,
                            float *x, int64_t n) {
    float factors[PHILOX_WORDS];
    for (int64_t i = 0; i < n; i++) {
        const int64_t word = (place + i) % PHILOX_WORDS;
        if (i == 0 || word == 0) dropout_factors(d, sequence, head, query, place + i, factors);
        x[i] = factors[word] == 0 ? 0 : x[i] * factors[word];
    }
}

#endif
