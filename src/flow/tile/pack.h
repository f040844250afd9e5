/* Operands in the order that the products want.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_PACK_H
#define SA_FLOW_TILE_PACK_H

#include "flow/tile/geometry.h"

void pack_queries_rows(struct query_block *block);
void pack_queries_lanes(struct query_block *block);
void pack_queries_matrix(struct query_block *block);

void prepare_rows(struct query_block *block, struct tile *tile);
void prepare_lanes(struct query_block *block, struct tile *tile);
void prepare_matrix(struct query_block *block, struct tile *tile);

/* Where the sub-tile's queries lie as rows at one distance from each other: in place, or copied together. */
const float *query_rows(struct query_block *block, const struct subtile *sub, int64_t *stride);

/* The tile's rows of the view, of n elements each, as floats without gaps. */
void copy_rows(struct query_block *block, float *to, const struct view *view, const struct tile *tile, int64_t n);

/* Values as they lie, or copied to close rank as floats. Where care is taken, keys whose values hold NaN or infinity
 * are left out of the products: 0 * NaN would carry them into rows that may not see them. */
void prepare_values(struct query_block *block, struct tile *tile, int copy);

#endif
