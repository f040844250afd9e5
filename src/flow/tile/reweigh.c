/* prob_mod changes probabilities, which are known only after all keys have been seen. So a second pass computes the
 * scores again; its weights are final, and nothing is divided.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/reweigh.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/walk.h"

#include <string.h>

/* The kernel for few rows adds weights to totals, so these are not where the real ones are. */
static void reweigh_subtile(struct query_block *block, const struct engine *engine, const struct tile *tile,
                            struct subtile *sub) {
    float *const total = block->now.total;
    enum cover cover = look(block, engine, tile, sub);
    if (cover == COVER_NONE) return;
    find_scores(block, engine, tile, sub, cover);
    block->now.total = block->held;
    engine->normalise(block, sub);
    block->now.total = total;
    modify_probabilities(block, engine, tile, sub);
    if (drops(&block->p->dropout)) engine->drop(block, tile, sub);
    for (int64_t r = sub->at; r < sub->at + sub->height; r++) block->shrink[r] = 1;
    engine->weigh(block, tile, sub);
}

static void reweigh_all(struct query_block *block, const struct engine *engine) {
    const int64_t rows = round_up(block->rows, block->tiling->rows);
    memset(block->now.sums, 0, (size_t)(rows * block->p->Dv) * sizeof *block->now.sums);
    walk_keys(block, engine, (struct range){0, block->p->S}, reweigh_subtile);
    if (engine->settle) engine->settle(block);
}

void reweigh(struct query_block *block, const struct engine *engine) {
    const int64_t rows = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < rows; r++) block->held[r] = r < block->rows && block->now.seen[r] ? block->now.total[r] : 1;
    reweigh_all(block, engine);
    if (!block->careful && !sums_are_finite(block)) {
        block->careful = 1;
        reweigh_all(block, engine);
    }
    for (int64_t r = 0; r < rows; r++) block->now.total[r] = block->shrink[r] = 1;
}
