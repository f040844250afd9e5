/* The walk of a query block over the keys of a chunk.
 *
 *   for each tile that some row may see:  prepare keys and values once
 *       for each sub-tile of rows:  scores -> mask -> softmax -> drop -> weigh
 * SPDX-License-Identifier: MIT */
#include "flow/tile/walk.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/kept.h"
#include "flow/tile/listed.h"

#include <string.h>

void clear_state(const struct query_block *block, const struct state *state) {
    int64_t rows = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < rows; r++) {
        state->maximum[r] = -INFINITY;
        state->total[r] = 0;
        state->seen[r] = 0;
    }
    memset(state->sums, 0, (size_t)(rows * block->p->Dv) * sizeof *state->sums);
}

void find_scores(struct query_block *block, const struct engine *engine, const struct tile *tile,
                 const struct subtile *sub, enum cover cover) {
    const struct score_callbacks *calls = &block->p->callbacks;
    engine->scores(block, tile, sub);
    if (block->p->softcap > 0) engine->softcap(block, sub);
    if (rules_add(&block->p->rules)) engine->add_rules(block, tile, sub);
    if (calls->score_mod) cover = modify_scores(block, engine, tile, sub, cover);
    if (cover == COVER_EDGE)
        engine->hide(block, tile, sub);
    else
        memset(block->now.seen + sub->at, 1, (size_t)sub->rows);
}

/* One sub-tile against one tile of keys. */
static void attend_subtile(struct query_block *block, const struct engine *engine, const struct tile *tile,
                           struct subtile *sub) {
    enum cover cover = look(block, engine, tile, sub);
    if (cover == COVER_NONE) return;
    find_scores(block, engine, tile, sub, cover);
    keep_scores(block, tile, sub);
    engine->softmax(block, sub);
    if (drops(&block->p->dropout)) engine->drop(block, tile, sub);
    engine->weigh(block, tile, sub);
}

void prepare_tile(struct query_block *block, const struct engine *engine, struct tile *tile) {
    const struct view *queries = queries_for(block->p, tile->at);
    if (block->queries != queries) {
        block->queries = queries;
        engine->pack_queries(block);
    }
    engine->prepare(block, tile);
}

/* Walks tile by tile over keys first .. last; `first` has to begin a tile. */
static void walk_range(struct query_block *block, const struct engine *engine, struct range keys,
                       visit_subtile *visit) {
    const struct parallel *parallel = &block->machine->parallel;
    for (int64_t at = keys.first; (at = next_tile(block, at, keys.last)) < keys.last && !tasks_stop(parallel);) {
        struct tile tile = tile_at(block, at, keys_of(block->p, block->b));
        at += tile.count;
        if (!block->reads_kept || !is_kept(block, &tile)) prepare_tile(block, engine, &tile);
        for (int64_t r = 0; r < block->rows;) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            visit(block, engine, &tile, &sub);
        }
    }
}

/* The tiles of a chunk that rows may see: kept keys come first, then those of the rows' ranges. */
struct stretches {
    struct range kept, seen;
};

static struct stretches stretches_of(const struct query_block *block, struct range keys) {
    int64_t unit = block->tiling->keys, keep = min_i64(block->p->visible.keep, keys_of(block->p, block->b));
    struct range seen = keys_of_block(block);
    int64_t first = max_i64(keys.first, max_i64(seen.first / unit * unit, keep));
    return (struct stretches){{keys.first, min_i64(keys.last, keep)}, {first, min_i64(keys.last, seen.last)}};
}

int sees_chunk(const struct query_block *block, struct range keys) {
    struct stretches s = stretches_of(block, keys);
    return next_tile(block, s.kept.first, s.kept.last) < s.kept.last ||
           next_tile(block, s.seen.first, s.seen.last) < s.seen.last;
}

void walk_keys(struct query_block *block, const struct engine *engine, struct range keys, visit_subtile *visit) {
    struct stretches s = stretches_of(block, keys);
    walk_range(block, engine, s.kept, visit);
    walk_range(block, engine, s.seen, visit);
}

void walk_chunk(struct query_block *block, const struct engine *engine, struct range keys) {
    clear_state(block, &block->now);
    walk_keys(block, engine, keys, attend_subtile);
    if (engine->settle) engine->settle(block);
}

int sums_are_finite(const struct query_block *block) {
    int64_t unit = block->tiling->unit, rows = unit ? round_up(block->rows, unit) : block->rows;
    return block->machine->kernels->rows->below(block->now.sums, rows * block->p->Dv, INFINITY);
}
