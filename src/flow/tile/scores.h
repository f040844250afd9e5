/* Scores of a sub-tile: scale * Q K^T, and the softcap.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_SCORES_H
#define SA_FLOW_TILE_SCORES_H

#include "flow/tile/geometry.h"

/* Queries are multiplied by the scale or less than 1, products by a power of two from 1 on. */
struct score_scale split_scale(float scale);

void scores_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void scores_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void scores_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub);

void softcap_rows(struct query_block *block, const struct subtile *sub);
void softcap_lanes(struct query_block *block, const struct subtile *sub);

#endif
