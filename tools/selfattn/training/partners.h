/* Texts and their partners, of which a model learns embeddings.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_PARTNERS_H
#define TOOLS_TRAINING_PARTNERS_H

#include "training/order.h"
#include "training/pairs.h"

struct partners {
    struct pairs pairs;
    int64_t window;
    int32_t *ids;       /* [2 batch][window] of the batch now */
    int64_t *lengths;   /* [2 batch] */
    struct order order; /* of pairs that are learned */
    int64_t *tests;     /* [batch] numbers of those for the test */
};

/* Reads pairs as pairs_open() does. Texts are cut to `window` tokens, of which the last stays the last. */
struct partners partners_open(const struct engine *engine, const char *text, int64_t batch, int64_t window,
                              uint64_t seed);
void partners_close(struct partners *partners);

/* The next pairs, in an order that is new whenever all were learned; or batch number `i` of the test, of which
 * partners_tests() exist. */
sa_training_pairs partners_next(struct partners *partners);
int64_t partners_tests(const struct partners *partners);
sa_training_pairs partners_test(struct partners *partners, int64_t i);

#endif
