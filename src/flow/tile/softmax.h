/* One step of the online softmax, and its last division.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_SOFTMAX_H
#define SA_FLOW_TILE_SOFTMAX_H

#include "flow/tile/geometry.h"

void softmax_rows(struct query_block *block, const struct subtile *sub);
void softmax_lanes(struct query_block *block, const struct subtile *sub);
void softmax_matrix(struct query_block *block, const struct subtile *sub);

void normalise_rows(struct query_block *block, const struct subtile *sub);
void normalise_lanes(struct query_block *block, const struct subtile *sub);

#endif
