/* The walk of a query block over its keys.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_WALK_H
#define SA_FLOW_TILE_WALK_H

#include "flow/tile/cover.h"
#include "flow/tile/engine.h"

/* Sets a state to that before any key: up to the height of the last sub-tile, since lanes beyond the last row are
 * computed too.
 * */
void clear_state(const struct query_block *block, const struct state *state);

/* Packs the queries for a tile's keys, unless they are packed already, and the tile's keys and values. */
void prepare_tile(struct query_block *block, const struct engine *engine, struct tile *tile);

/* Whether a tile of first .. last may be visible. A chunk without one leaves a state that a merge does not change. */
int sees_chunk(const struct query_block *block, struct range keys);

/* Walks over the tiles of first .. last that some row may see, prepares each, and visits its sub-tiles; both ends have
 * to be ends of chunks. */
typedef void visit_subtile(struct query_block *block, const struct engine *engine, const struct tile *tile,
                           struct subtile *sub);
void walk_keys(struct query_block *block, const struct engine *engine, struct range keys, visit_subtile *visit);

/* Clears the query block's state and walks over the visible keys of first .. last; both ends have to be ends of
 * chunks. */
void walk_chunk(struct query_block *block, const struct engine *engine, struct range keys);

/* The scores of a sub-tile against a tile: capped, with rules added and hidden ones at -infinity. */
void find_scores(struct query_block *block, const struct engine *engine, const struct tile *tile,
                 const struct subtile *sub, enum cover cover);

/* Whether all weighted sums are finite. */
int sums_are_finite(const struct query_block *block);

#endif
