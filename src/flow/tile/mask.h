/* Hides scores, and adds mask tensors.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_MASK_H
#define SA_FLOW_TILE_MASK_H

#include "flow/tile/geometry.h"

void hide_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void hide_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);

#endif
