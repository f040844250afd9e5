/* Summaries of the weights of a query block.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_SUMMARISE_H
#define SA_FLOW_TILE_SUMMARISE_H

#include "flow/tile/engine.h"

/* Computes the weights once more, after maximum and total of every row are known. */
void summarise(struct query_block *block, const struct engine *engine);

#endif
