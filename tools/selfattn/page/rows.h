/* Whether the weights of a model are what a page computes of its queries and keys: the softmax of their products.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_ROWS_H
#define TOOLS_PAGE_ROWS_H

#include "engine.h"

enum { ROWS_MOST_WEIGHTS = 1 << 26 }; /* 256 MiB: for more weights of one reading there is no room */

enum rows {
    ROWS_OTHER,  /* there is more: windows, biases, caps, sinks */
    ROWS_ALL,    /* every token looks at all tokens */
    ROWS_CAUSAL, /* ... at itself and those before it */
};

/* How many tokens a page may read: no more than the model, 512 and what rows_of() has memory for. */
int64_t rows_tokens(const struct engine *engine);

/* Runs the model on this many tokens, and compares some rows of each head. A failure ends the program. */
enum rows rows_of(const struct engine *engine, int64_t tokens);

#endif
