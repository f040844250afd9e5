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

/* Where those of a sub-tile against a tile are, in the order of block->scores, and their bytes. */
static inline float *kept_scores(const struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    return block->kept + tile->at * block->tiling->block_rows + sub->at * tile->count;
}
static inline size_t kept_bytes(const struct subtile *sub) {
    return (size_t)(sub->height * sub->count) * sizeof(float);
}

static inline void keep_scores(const struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    if (is_kept(block, tile)) memcpy(kept_scores(block, tile, sub), block->scores, kept_bytes(sub));
}

/* Brings them back to block->scores, and returns where they stay. */
static inline const float *restore_scores(const struct query_block *block, const struct tile *tile,
                                          const struct subtile *sub) {
    const float *const kept = kept_scores(block, tile, sub);
    memcpy(block->scores, kept, kept_bytes(sub));
    return kept;
}

#endif
