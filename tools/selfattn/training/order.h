/* The order in which examples are learned: new whenever all were.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_ORDER_H
#define TOOLS_TRAINING_ORDER_H

#include <stdint.h>

struct order {
    int64_t *number; /* [count] of the examples */
    int64_t count, place;
    uint64_t state; /* of the generator that makes it */
};

/* The numbers from 0 on; the first step makes an order of them. free() what `number` is. */
struct order order_open(int64_t count, uint64_t seed);

/* Mixes numbers (Fisher and Yates). */
void order_mix(int64_t *number, int64_t count, uint64_t *state);

/* The next `some` numbers, of which there are no fewer. */
const int64_t *order_next(struct order *order, int64_t some);

#endif
