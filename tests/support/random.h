/* Random numbers from a seed, which identifies a case: the same on every machine.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <math.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t rng_next(struct rng *rng) {
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* In [0, n). */
static inline int64_t rng_below(struct rng *rng, int64_t n) {
    return n > 0 ? (int64_t)(rng_next(rng) % (uint64_t)n) : 0;
}

/* In [0, 1). */
static inline double rng_unit(struct rng *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

static inline int rng_chance(struct rng *rng, double probability) {
    return rng_unit(rng) < probability;
}

/* Standard normal (Box and Muller 1958). */
static inline float rng_normal(struct rng *rng) {
    double u = rng_unit(rng) + 0x1p-54, v = rng_unit(rng);
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

#endif
