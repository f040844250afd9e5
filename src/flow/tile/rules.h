/* What rules add to scores, and sinks.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_RULES_H
#define SA_FLOW_TILE_RULES_H

#include "flow/tile/geometry.h"

void add_rules_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void add_rules_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);

/* Adds the sink of a row's head as one more score: maximum and total include it; shrink becomes the factor of the
 * sums. */
void count_sinks(struct query_block *block);

#endif
