/* Which keys the rows of a query block see.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_COVER_H
#define SA_FLOW_TILE_COVER_H

#include "flow/tile/geometry.h"

/* How a sub-tile and a tile of keys stand to each other. */
enum cover { COVER_NONE, COVER_FULL, COVER_EDGE };

/* Finds which keys each row may see by range, and which each sub-tile, and what slopes count distances from. Comes
 * before everything below. */
void find_ranges(struct query_block *block);

/* Which keys some row of the query block may see by range. */
struct range keys_of_block(const struct query_block *block);

/* The tile that begins at key `at`; the keys end at `end`. */
struct tile tile_at(const struct query_block *block, int64_t at, int64_t end);

/* A row's columns of a tile. */
struct range columns_of(const struct query_block *block, const struct tile *tile, int64_t r);

/* How a sub-tile stands to a tile; its columns are set to those that some row may see, none for COVER_NONE. */
enum cover classify(const struct query_block *block, const struct tile *tile, struct subtile *sub);

#endif
