/* Merges the states of two chunks of keys.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_MERGE_H
#define SA_FLOW_TILE_MERGE_H

#include "flow/tile/geometry.h"

void merge_lanes(const struct query_block *block, const struct state *into, const struct state *from);

#endif
