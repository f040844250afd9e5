/* The attention weights, if they are an output: a second pass over the keys.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_PROBABILITIES_H
#define SA_FLOW_TILE_PROBABILITIES_H

#include "flow/tile/engine.h"

void write_weights(struct query_block *block, const struct engine *engine);

#endif
