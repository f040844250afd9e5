/* Weighted sums of values.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_WEIGH_H
#define SA_FLOW_TILE_WEIGH_H

#include "flow/tile/geometry.h"

void weigh_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void weigh_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void weigh_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub);

/* Sums of few rows, [row][Dv], become [Dv][height] like others. */
void settle_lanes(struct query_block *block);

#endif
