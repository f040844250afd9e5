/* Scores of the caller's own: see sa_score_callbacks.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_CALLBACKS_H
#define SA_FLOW_TILE_CALLBACKS_H

#include "flow/tile/cover.h"
#include "flow/tile/engine.h"

/* Asks the caller's mask about the sub-tile's columns. What it hides is marked in block->shown, and block->called says
 * whether there are marks. COVER_FULL if it hides nothing, or there is none. */
enum cover ask_mask(struct query_block *block, const struct engine *engine, const struct tile *tile,
                    const struct subtile *sub);

/* classify(), and then the caller's mask. */
enum cover look(struct query_block *block, const struct engine *engine, const struct tile *tile, struct subtile *sub);

/* Calls score_mod. Scores that it leaves at -infinity are marked as hidden. Returns the cover after that. */
enum cover modify_scores(struct query_block *block, const struct engine *engine, const struct tile *tile,
                         const struct subtile *sub, enum cover cover);

/* Calls prob_mod. */
void modify_probabilities(struct query_block *block, const struct engine *engine, const struct tile *tile,
                          const struct subtile *sub);

/* Whether callbacks show column `j` of the tile to row `row` of the sub-tile. */
static inline int is_shown(const struct query_block *block, const struct engine *engine, const struct subtile *sub,
                           int64_t row, int64_t j) {
    int64_t step;
    if (!block->called) return 1;
    const float *first = engine->score_row(block, sub, row, &step);
    return block->shown[first - block->scores + (j - sub->from) * step];
}

#endif
