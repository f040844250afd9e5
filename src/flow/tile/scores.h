/* Scores of a sub-tile: scale * Q K^T, and the softcap.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_SCORES_H
#define SA_FLOW_TILE_SCORES_H

#include "flow/tile/geometry.h"

/* How the steps of a layout scale. By rows, queries are multiplied by the largest power of two that is no more than the
 * scale or 1, and the product by the rest; by lanes, queries by the scale or less than 1, and the product by a power of
 * two from 1 on. */
struct score_scale scale_rows(float scale);
struct score_scale scale_lanes(float scale);

void scores_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void scores_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void scores_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub);

void softcap_rows(struct query_block *block, const struct subtile *sub);
void softcap_lanes(struct query_block *block, const struct subtile *sub);

#endif
