/* Brings operands into the order that the products read.
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

/* The sub-tile's queries as equally spaced rows: in place, or copied. */
const float *query_rows(struct query_block *block, const struct subtile *sub, int64_t *stride);

/* A row of the view, of n elements, as floats without gaps. */
void copy_row(const struct query_block *block, float *to, const struct view *view, const void *row, int64_t n);

/* The tile's rows of the view, of n elements each, as floats without gaps. */
void copy_rows(struct query_block *block, float *to, const struct view *view, const struct tile *tile, int64_t n);

/* Values in place, or copied as floats without gaps. If block->careful, values with NaN or infinity are left out of the
 * products: 0 * NaN would be NaN in rows that may not see them. */
void prepare_values(struct query_block *block, struct tile *tile, int copy);

#endif
