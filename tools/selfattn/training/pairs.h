/* Pairs of texts that a model with encoder and decoder learns: it reads the first and writes the second.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_PAIRS_H
#define TOOLS_TRAINING_PAIRS_H

#include "engine.h"

struct pairs {
    struct tokens *source, *target;
    int64_t count, room, learned; /* pairs behind `learned` are for the test */
    int64_t batch;
    int32_t *ids, *labels; /* [batch][longest] of a batch */
    int64_t *lengths;
};

/* Takes the lines of a text: a source, a tab, a target. Of them the last tenth, in whole batches, but at most 16, is
 * for the test. A failure ends the program. */
struct pairs pairs_open(const struct engine *engine, const char *text, int64_t batch);
void pairs_close(struct pairs *pairs);

/* A batch of the pairs with these numbers. It lies in the pairs. */
sa_training_batch pairs_batch(struct pairs *pairs, const int64_t *numbers);

#endif
