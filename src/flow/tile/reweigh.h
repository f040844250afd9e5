/* The second pass with prob_mod.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_REWEIGH_H
#define SA_FLOW_TILE_REWEIGH_H

#include "flow/tile/engine.h"

/* Sums up values with the caller's probabilities, after maximum and total of every row are known. The totals are 1
 * then, and those before stand in block->held. */
void reweigh(struct query_block *block, const struct engine *engine);

#endif
