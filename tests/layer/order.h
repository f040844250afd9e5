/* What a layer has beside its matrices, at random: rope, norms of queries and keys, score rules.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_ORDER_H
#define TESTS_LAYER_ORDER_H

#include "layer/sample.h"

enum { MOST_HEADS = 12, MOST_SIZE = 64, MOST_TOKENS = 3 * 70, REACH = 12 };

struct layer_order {
    sa_rope rope;
    sa_score_rules rules;
    double frequency[MOST_SIZE / 2];
    float query_norm[MOST_HEADS * MOST_SIZE], key_norm[MOST_HEADS * MOST_SIZE];
    float slopes[MOST_HEADS], bias[MOST_HEADS * (2 * REACH + 1)], sinks[MOST_HEADS];
    int64_t positions[MOST_TOKENS];
};

/* Layer and call number `seed`, with some of it all; B * H * T * S * D is at most `work`. The sample points into
 * `order`. */
void layer_order_make(struct layer_sample *s, struct layer_order *order, uint64_t seed, int64_t work);

#endif
