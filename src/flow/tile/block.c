/* One task of the tiled paths: a block of query rows walks over its keys.
 *
 *   for each chunk of keys:
 *       for each tile of it that some row may see:  prepare keys and values once
 *           for each sub-tile of rows:  scores -> mask -> softmax -> weigh
 *       merge with the chunks before
 *   finish: divide, write
 *
 * 0 * NaN is NaN, so values that are not finite reach rows that may not see them. Then the sums are not finite either,
 * and the walk is repeated with care: such values are looked for and kept out of the products.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/block.h"

#include <string.h>

static struct state state_at(const struct plan *plan, char *memory) {
    const struct state_map *map = &plan->state;
    return (struct state){.sums = (float *)(memory + map->sums),
                          .maximum = (float *)(memory + map->maximum),
                          .total = (float *)(memory + map->total),
                          .seen = (uint8_t *)(memory + map->seen)};
}

/* Block number `number` in worker's scratch memory. */
static struct block open_block(const struct attention_job *job, int64_t number, int32_t worker) {
    const struct plan *plan = job->plan;
    const struct problem *p = job->problem;
    const struct scratch_map *map = &plan->map;
    char *scratch = job->scratch + worker * plan->worker_memory.bytes;
    int64_t blocks = plan->blocks, row = number % blocks * plan->tiling.block_rows;
    return (struct block){
        .machine = job->machine,
        .p = p,
        .tiling = &plan->tiling,
        .b = number / blocks / p->K,
        .k = number / blocks % p->K,
        .row = row,
        .rows = min_i64(plan->tiling.block_rows, p->G * p->T - row),
        .query = (float *)(scratch + map->query),
        .keys = (float *)(scratch + map->keys),
        .values = (float *)(scratch + map->values),
        .scores = (float *)(scratch + map->scores),
        .matrix_query = (uint16_t *)(scratch + map->matrix_query),
        .matrix_keys = (uint16_t *)(scratch + map->matrix_keys),
        .matrix_values = (uint16_t *)(scratch + map->matrix_values),
        .matrix_weights = (uint16_t *)(scratch + map->matrix_weights),
        .parts = plan->parts,
        .shrink = (float *)(scratch + map->shrink),
        .bias = (float *)(scratch + map->bias),
        .strip = (float *)(scratch + map->strip),
        .spare = (float *)(scratch + map->spare),
        .first = (int64_t *)(scratch + map->first),
        .last = (int64_t *)(scratch + map->last),
        .odd = (uint8_t *)(scratch + map->odd),
        .careful = plan->walk == WALK_ROWS, /* by a BLAS, which may leave products with 0 out */
        .now = state_at(plan, scratch + map->states),
    };
}

/* Up to the height of the last sub-tile, since lanes past the last row are computed too. */
static void clear(const struct block *block, const struct state *state) {
    int64_t rows = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < rows; r++) {
        state->maximum[r] = -INFINITY;
        state->total[r] = 0;
        state->seen[r] = 0;
    }
    memset(state->sums, 0, (size_t)(rows * block->p->Dv) * sizeof *state->sums);
}

/* One sub-tile against one tile of keys. */
static void visit(struct block *block, const struct engine *engine, const struct tile *tile, struct subtile *sub) {
    enum cover cover = classify(block, tile, sub);
    if (cover == COVER_NONE) return;
    engine->scores(block, tile, sub);
    if (block->p->softcap > 0) engine->softcap(block, sub);
    if (rules_add(&block->p->rules)) engine->add_rules(block, tile, sub);
    if (cover == COVER_EDGE)
        engine->hide(block, tile, sub);
    else
        memset(block->now.seen + sub->at, 1, (size_t)sub->rows);
    engine->softmax(block, sub);
    engine->weigh(block, tile, sub);
}

/* Tile by tile over keys first .. last, of which the first begins a tile. */
static void walk_range(struct block *block, const struct engine *engine, struct range keys) {
    for (int64_t at = keys.first; at < keys.last;) {
        struct tile tile = tile_at(block, at, keys_of(block->p, block->b));
        at += tile.count;
        prepare_tile(block, engine, &tile);
        for (int64_t r = 0; r < block->rows;) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            visit(block, engine, &tile, &sub);
        }
    }
}

/* From nothing over the visible ones of keys first .. last: those that are kept, then those of the rows' ranges. */
static void walk_chunk(struct block *block, const struct engine *engine, struct range keys) {
    clear(block, &block->now);
    int64_t unit = block->tiling->keys, keep = min_i64(block->p->visible.keep, keys_of(block->p, block->b));
    struct range seen = keys_of_block(block);
    walk_range(block, engine, (struct range){keys.first, min_i64(keys.last, keep)});
    int64_t first = max_i64(keys.first, max_i64(seen.first / unit * unit, keep));
    walk_range(block, engine, (struct range){first, min_i64(keys.last, seen.last)});
    if (engine->settle) engine->settle(block);
}

static struct range chunk_keys(const struct plan *plan, const struct problem *p, int64_t chunk) {
    if (plan->chunks == 1) return (struct range){0, p->S};
    return (struct range){chunk * CHUNK_KEYS, min_i64(p->S, (chunk + 1) * CHUNK_KEYS)};
}

static int sums_are_finite(const struct block *block) {
    int64_t rows = round_up(block->rows, block->tiling->unit);
    return block->machine->kernels->rows->below(block->now.sums, rows * block->p->Dv, INFINITY);
}

/* All chunks one after another; the block's state then is their sum. */
static void walk_chunks(struct block *block, const struct engine *engine, const struct plan *plan,
                        const struct state *sum) {
    if (plan->chunks > 1) clear(block, sum);
    for (int64_t c = 0; c < plan->chunks; c++) {
        walk_chunk(block, engine, chunk_keys(plan, block->p, c));
        if (plan->chunks > 1) engine->merge(block, sum, &block->now);
    }
    if (plan->chunks > 1) block->now = *sum;
}

static void finish(struct block *block, const struct engine *engine) {
    if (block->p->rules.sinks) count_sinks(block);
    engine->finish(block);
    if (block->p->lse.data) write_lse(block);
    if (block->p->weights.data) write_weights(block, engine);
}

/* Matrix units are switched on per thread, and off again, since their large registers make a thread dear to switch. */
static void begin(const struct attention_job *job) {
    if (job->plan->parts) job->machine->kernels->matrix->begin();
}

static void end(const struct attention_job *job) {
    if (job->plan->parts) job->machine->kernels->matrix->end();
}

static void attend(const struct attention_job *job, int64_t number, int32_t worker, const struct engine *engine) {
    struct block block = open_block(job, number, worker);
    char *states = job->scratch + worker * job->plan->worker_memory.bytes + job->plan->map.states;
    struct state now = block.now,
                 sum = state_at(job->plan, states + (job->plan->chunks > 1 ? job->plan->state_memory.bytes : 0));
    find_ranges(&block);
    walk_chunks(&block, engine, job->plan, &sum);
    if (!block.careful && !sums_are_finite(&block)) {
        block.careful = 1;
        block.now = now;
        walk_chunks(&block, engine, job->plan, &sum);
    }
    finish(&block, engine);
}

/* The engine of every walk that has one. */
static const struct engine *const engines[] = {
    [WALK_ROWS] = &engine_rows, [WALK_LANES] = &engine_lanes, [WALK_MATRIX] = &engine_matrix};

void attention_block_task(void *job, int64_t task, int32_t worker) {
    const struct attention_job *j = job;
    begin(j);
    attend(j, task, worker, engines[j->plan->walk]);
    end(j);
}

static struct state partial_state(const struct attention_job *job, int64_t number, int64_t chunk) {
    int64_t index = number * job->plan->chunks + chunk;
    return state_at(job->plan, job->scratch + job->plan->partial + index * job->plan->state_memory.bytes);
}

void attention_chunk_task(void *job, int64_t task, int32_t worker) {
    const struct attention_job *j = job;
    const struct engine *engine = engines[j->plan->walk];
    int64_t number = task / j->plan->chunks, chunk = task % j->plan->chunks;
    struct block block = open_block(j, number, worker);
    block.now = partial_state(j, number, chunk);
    begin(j);
    find_ranges(&block);
    walk_chunk(&block, engine, chunk_keys(j->plan, j->problem, chunk));
    if (!block.careful && !sums_are_finite(&block)) {
        block.careful = 1;
        walk_chunk(&block, engine, chunk_keys(j->plan, j->problem, chunk));
    }
    end(j);
}

void attention_merge_task(void *job, int64_t task, int32_t worker) {
    const struct attention_job *j = job;
    const struct engine *engine = engines[j->plan->walk];
    struct block block = open_block(j, task, worker);
    clear(&block, &block.now);
    for (int64_t c = 0; c < j->plan->chunks; c++) {
        struct state partial = partial_state(j, task, c);
        engine->merge(&block, &block.now, &partial);
    }
    finish(&block, engine);
}
