/* One task of the tiled path: a block of query rows walks over its keys.
 *
 *   for each tile of keys that some row may see:  transpose the keys once
 *       for each sub-tile of rows:  scores -> mask -> softmax -> weigh
 *   finish: divide, write
 * SPDX-License-Identifier: MIT */
#include "flow/tile.h"

static struct block open_block(const struct attention_job *job, int64_t task, int32_t worker) {
    const struct plan *plan = job->plan;
    const struct problem *p = job->problem;
    const struct scratch_map *map = &plan->map;
    char *scratch = job->scratch + worker * map->bytes;
    int64_t blocks = plan->blocks, row = task % blocks * plan->tiling.block_rows;
    return (struct block){
        .machine = job->machine,
        .p = p,
        .tiling = &plan->tiling,
        .b = task / blocks / p->K,
        .k = task / blocks % p->K,
        .row = row,
        .rows = min_i64(plan->tiling.block_rows, p->G * p->T - row),
        .query = (float *)(scratch + map->query),
        .keys_t = (float *)(scratch + map->keys_t),
        .values = (float *)(scratch + map->values),
        .scores = (float *)(scratch + map->scores),
        .sums = (float *)(scratch + map->sums),
        .maximum = (float *)(scratch + map->maximum),
        .total = (float *)(scratch + map->total),
        .first = (int64_t *)(scratch + map->first),
        .last = (int64_t *)(scratch + map->last),
        .seen = (uint8_t *)(scratch + map->seen),
        .odd = (uint8_t *)(scratch + map->odd),
    };
}

static void clear(struct block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        block->maximum[r] = -INFINITY;
        block->total[r] = 0;
        block->seen[r] = 0;
    }
}

/* The keys that any row of the block may see. */
static struct range keys_of_block(const struct block *block) {
    struct range all = {block->p->S, 0};
    for (int64_t r = 0; r < block->rows; r++) {
        if (block->first[r] >= block->last[r]) continue;
        all.first = min_i64(all.first, block->first[r]);
        all.last = max_i64(all.last, block->last[r]);
    }
    return all;
}

/* One sub-tile against one tile of keys. */
static void visit(struct block *block, const struct tile *tile, struct subtile *sub, int *started) {
    enum cover cover = classify(block, tile, sub);
    if (cover == COVER_NONE) return;
    compute_scores(block, sub, 1);
    if (cover == COVER_EDGE)
        hide(block, tile, sub);
    else
        for (int64_t r = 0; r < sub->rows; r++) block->seen[sub->at + r] = 1;
    online_softmax(block, sub);
    weigh(block, tile, sub, !*started);
    *started = 1;
}

/* Tiles begin at multiples of tiling.keys of the sequence, so a key's tile never depends on the query or on padding. */
static void walk(struct block *block) {
    const struct tiling *tiling = block->tiling;
    struct range keys = keys_of_block(block);
    int started[SUBTILES] = {0};
    for (int64_t at = keys.first / tiling->keys * tiling->keys; at < keys.last; at += tiling->keys) {
        struct tile tile = {.at = at, .keys = min_i64(tiling->keys, keys_of(block->p, block->b) - at)};
        pack_keys(block, &tile);
        prepare_values(block, &tile);
        for (int64_t r = 0, i = 0; r < block->rows; i++) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            visit(block, &tile, &sub, &started[i]);
        }
    }
}

void attention_tiled_task(void *job, int64_t task, int32_t worker) {
    struct block block = open_block(job, task, worker);
    clear(&block);
    find_ranges(&block);
    pack_queries(&block);
    walk(&block);
    finish(&block);
    if (block.p->weights.data) write_weights(&block);
}
