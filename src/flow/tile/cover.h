/* The visible keys of the rows of a query block.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_COVER_H
#define SA_FLOW_TILE_COVER_H

#include "flow/tile/geometry.h"

/* How much of a tile a sub-tile sees. */
enum cover { COVER_NONE, COVER_FULL, COVER_EDGE };

/* Finds the range of visible keys of each row and sub-tile, the key from which slopes count distances, and the numbers
 * of draws. To be called before the functions below. */
void find_ranges(struct query_block *block);

/* Only what slopes count distances from, per row. */
void find_shifts(struct query_block *block);

/* The keys that at least one row of the query block may see by its range. */
struct range keys_of_block(const struct query_block *block);

/* The tile that begins at key `at`, and which of its keys a block list names; the keys end at `end`. */
struct tile tile_at(struct query_block *block, int64_t at, int64_t end);

/* A row's columns of a tile. */
struct range columns_of(const struct query_block *block, const struct tile *tile, int64_t r);

/* How much of a tile a sub-tile sees; also sets the sub-tile's columns to those that at least one row may see, none for
 * COVER_NONE. */
enum cover classify(const struct query_block *block, const struct tile *tile, struct subtile *sub);

#endif
