/* What rules add to scores, and sinks.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_RULES_H
#define SA_FLOW_TILE_RULES_H

#include "flow/tile/geometry.h"

void add_rules_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void add_rules_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);

/* The sink of a row's head as one more score: maximum and total count it, shrink says what the sums are worth then. */
void count_sinks(struct query_block *block);

#endif
