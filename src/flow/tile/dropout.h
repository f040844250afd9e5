/* Dropout of weights, between softmax and the weighted sum.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_DROPOUT_H
#define SA_FLOW_TILE_DROPOUT_H

#include "flow/tile/geometry.h"

/* Finds what draws of a row depend on; for the functions below. */
void number_rows(struct query_block *block);

/* Weights of the sub-tile are dropped or divided by 1 - probability. */
void drop_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub);
void drop_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub);

/* The same for any numbers in the lanes' order. */
void drop_tile(const struct query_block *block, const struct tile *tile, const struct subtile *sub, float *numbers);

/* Whether row r's weight of column j of the tile is dropped. */
int is_dropped(const struct query_block *block, const struct tile *tile, int64_t r, int64_t j);

#endif
