/* Scores of a query block that its summaries read once more: those of the first kept_keys keys are kept, those behind
 * them are computed again, with the same bits. By lanes alone.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_KEPT_H
#define SA_FLOW_TILE_KEPT_H

#include "flow/tile/geometry.h"

#include <string.h>

static inline int is_kept(const struct query_block *block, const struct tile *tile) {
    return tile->at + tile->count <= block->kept_keys;
}

/* Where those of a sub-tile against a tile are, in the order of block->scores. */
static inline float *kept_scores(const struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    return block->kept + tile->at * block->tiling->block_rows + sub->at * tile->count;
}

static inline void keep_scores(const struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    if (is_kept(block, tile))
        memcpy(kept_scores(block, tile, sub), block->scores, (size_t)(sub->height * sub->count) * sizeof(float));
}

#endif
