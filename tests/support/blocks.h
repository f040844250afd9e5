/* Quantised blocks of random contents, with the values that they stand for: written field by field and bit by bit from
 * the description of the layouts, where the library reads them.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BLOCKS_H
#define TESTS_SUPPORT_BLOCKS_H

#include "support/random.h"

/* Every quantised type. */
enum { BLOCK_TYPES = 13 };
extern const int32_t block_types[BLOCK_TYPES];

/* Fills in one block; values[i] is element i, exactly. Scales are finite, of both signs, now and then 0, subnormal or
 * the largest; integers are anything. */
void block_random(struct rng *rng, int32_t dtype, unsigned char *block, double *values);

/* n elements, in blocks one behind the other. Scales are about `size`, so that results are of a known magnitude; 0:
 * anything. */
void blocks_random(struct rng *rng, int32_t dtype, int64_t n, float size, void *blocks, float *values);

#endif
