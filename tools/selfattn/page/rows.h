/* Whether the weights of a model are what a page computes of its queries and keys: the softmax of their products.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_ROWS_H
#define TOOLS_PAGE_ROWS_H

#include "engine.h"

/* Weights of one reading: 256 MiB are what there is room for, 32 MiB what comes with each letter that is typed. */
enum { ROWS_MOST_WEIGHTS = 1 << 26, ROWS_MOST_TYPED = 1 << 23 };

enum rows {
    ROWS_OTHER,  /* there is more: windows, biases, caps, sinks; the engine computes them all, for fewer tokens */
    ROWS_ALL,    /* every token looks at all tokens */
    ROWS_CAUSAL, /* ... at itself and those before it */
};

/* How many tokens a page may read: no more than the model, 512 and those that have `most` weights. */
int64_t rows_tokens(const struct engine *engine, int64_t most);

/* Runs the model on this many tokens, and compares some rows of each head. A failure ends the program. */
enum rows rows_of(const struct engine *engine, int64_t tokens);

#endif
