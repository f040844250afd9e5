/* The tasks of the tiled paths: a query block walks over its keys, chunk by chunk.
 *
 *   for each chunk of keys:  walk over it, merge with the chunks before
 *   finish: divide, write
 *
 * 0 * NaN is NaN, so values that are not finite affect rows that may not see them. Then the sums are not finite either,
 * and the walk is repeated with `careful`: such values are searched and left out of the products. A sum that still is
 * not finite may be one of values near the largest float, whose mean is finite: the walk is repeated with values that
 * are scaled down, and only such results are taken from it.
 * SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "flow/tile/finish.h"
#include "flow/tile/probabilities.h"
#include "flow/tile/reweigh.h"
#include "flow/tile/rules.h"
#include "flow/tile/scores.h"
#include "flow/tile/summarise.h"
#include "flow/tile/walk.h"

#include <string.h>

static struct state state_at(const struct plan *plan, char *memory) {
    const struct state_map *map = &plan->state;
    return (struct state){.sums = (float *)(memory + map->sums),
                          .maximum = (float *)(memory + map->maximum),
                          .total = (float *)(memory + map->total),
                          .seen = (uint8_t *)(memory + map->seen)};
}

/* The first row of query block `number` among the G*T rows of its head's group. */
static int64_t first_row(const struct plan *plan, int64_t number) {
    return number % plan->blocks * plan->tiling.block_rows;
}

/* Whether a packed sequence, shorter than the longest, ends before the query block. */
static int is_behind_end(const struct attention_job *job, int64_t number) {
    const struct problem *p = job->problem;
    return first_row(job->plan, number) >= p->G * query_count(p, number / job->plan->blocks / p->K);
}

static char *scratch_of(const struct attention_job *job, int32_t worker) {
    return job->scratch + worker * job->plan->worker_memory.bytes;
}

static struct block_summaries open_summaries(const struct attention_job *job, int32_t worker) {
    const struct scratch_map *map = &job->plan->map;
    char *scratch = scratch_of(job, worker);
    const struct problem *p = job->problem;
    const int entropy = p->summaries.entropy.data != NULL, keys = wants_keys(p);
    return (struct block_summaries){
        .keys_of_call = key_summaries_at(job->plan, job->scratch),
        .entropy = entropy ? (double *)(scratch + map->entropy) : NULL,
        .base = (float *)(scratch + map->base),
        .log_total = (float *)(scratch + map->log_total),
        .part = (float *)(scratch + map->part),
        .weights = (float *)(scratch + map->strongest_weights),
        .keys = (int32_t *)(scratch + map->strongest_keys),
        .sums = keys ? (float *)(scratch + map->tile_sums) : NULL,
        .largest = (float *)(scratch + map->tile_maxima),
        .lane_sums = (float *)(scratch + map->lane_sums),
        .lane_maxima = (float *)(scratch + map->lane_maxima),
    };
}

/* Query block number `number` in a worker's scratch memory. All members are named: else compilers clear the whole
 * struct first. */
static struct query_block open_query_block(const struct attention_job *job, int64_t number, int32_t worker) {
    const struct plan *plan = job->plan;
    const struct problem *p = job->problem;
    const struct scratch_map *map = &plan->map;
    char *scratch = scratch_of(job, worker);
    const int64_t blocks = plan->blocks, row = first_row(plan, number), b = number / blocks / p->K;
    return (struct query_block){
        .machine = job->machine,
        .p = p,
        .tiling = &plan->tiling,
        .lanes = plan->lanes,
        .own_order = plan->own_order,
        .b = b,
        .k = number / blocks % p->K,
        .row = row,
        .queries = NULL,
        .rows = min_i64(plan->tiling.block_rows, p->G * query_count(p, b) - row),
        .query = (float *)(scratch + map->query),
        .keys = (float *)(scratch + map->keys),
        .values = (float *)(scratch + map->values),
        .scores = (float *)(scratch + map->scores),
        .matrix = {.parts = plan->parts,
                   .query = (uint16_t *)(scratch + map->matrix_query),
                   .keys = (uint16_t *)(scratch + map->matrix_keys),
                   .values = (uint16_t *)(scratch + map->matrix_values),
                   .weights = (uint16_t *)(scratch + map->matrix_weights)},
        .shrink = (float *)(scratch + map->shrink),
        .bias = (float *)(scratch + map->bias),
        .strip = (float *)(scratch + map->strip),
        .spare = (float *)(scratch + map->spare),
        .first = (int64_t *)(scratch + map->first),
        .last = (int64_t *)(scratch + map->last),
        .shift = (int64_t *)(scratch + map->shift),
        .extents = (struct extent *)(scratch + map->extents),
        .odd = (uint8_t *)(scratch + map->odd),
        .shown = (uint8_t *)(scratch + map->shown),
        .called = 0,
        .summaries = NULL,
        .kept = (float *)(scratch + map->kept),
        .kept_keys = plan->kept_keys,
        .reads_kept = 0,
        .held = (float *)(scratch + map->held),
        .draw_query = (uint32_t *)(scratch + map->draw_query),
        .draw_head = (uint32_t *)(scratch + map->draw_head),
        .line = (int32_t *)(scratch + map->line),
        .units = (uint64_t *)(scratch + map->units),
        .scale = split_scale(p->scale),
        .careful = plan->walk == WALK_ROWS, /* a BLAS may leave out products with 0 */
        .value_scale = 1,
        .now = state_at(plan, scratch + map->states),
    };
}

static struct range chunk_keys(const struct plan *plan, const struct problem *p, int64_t chunk) {
    if (plan->chunks == 1) return (struct range){0, p->S};
    return (struct range){chunk * CHUNK_KEYS, min_i64(p->S, (chunk + 1) * CHUNK_KEYS)};
}

/* A worker's state: number 0 of the current chunk; 1 of all chunks so far, if there are several. */
static struct state worker_state(const struct attention_job *job, int32_t worker, int64_t number) {
    const struct plan *plan = job->plan;
    char *states = scratch_of(job, worker) + plan->map.states;
    return state_at(plan, states + (plan->chunks > 1 ? number * plan->state_memory.bytes : 0));
}

/* Walks over all chunks, one after the other; the query block's state then is that of all. */
static void walk_chunks(const struct attention_job *job, struct query_block *block, const struct engine *engine,
                        int32_t worker) {
    int64_t chunks = job->plan->chunks;
    struct state sum = worker_state(job, worker, 1);
    block->now = worker_state(job, worker, 0);
    if (chunks > 1) clear_state(block, &sum);
    for (int64_t c = 0; c < chunks; c++) {
        const struct range keys = chunk_keys(job->plan, block->p, c);
        if (chunks > 1 && !sees_chunk(block, keys)) continue;
        walk_chunk(block, engine, keys);
        if (chunks > 1) engine->merge(block, &sum, &block->now);
    }
    block->now = sum;
}

/* A power of two so small that sums over all keys of values times this stay in range, even of the largest float. */
static float small_scale(const struct problem *p) {
    int exponent;
    frexp((double)p->S, &exponent);
    return ldexpf(1, -exponent - 1);
}

/* The same with prob_mod. */
static void finish_modified(struct query_block *block, const struct engine *engine) {
    if (block->p->lse.data) write_lse(block);
    reweigh(block, engine);
    engine->finish(block);
    memcpy(block->now.total, block->held, (size_t)block->rows * sizeof *block->held);
    if (block->p->weights.data) write_weights(block, engine);
    if (wants_summaries(block->p)) summarise(block, engine);
}

/* From the query block's state to its results; `finite` says whether its sums are. */
static void finish(const struct attention_job *job, struct query_block *block, const struct engine *engine,
                   int32_t worker, int finite) {
    if (block->p->rules.sinks) count_sinks(block);
    if (block->p->callbacks.prob_mod) {
        finish_modified(block, engine);
        return;
    }
    engine->finish(block);
    if (!finite) {
        block->careful = 1;
        block->value_scale = small_scale(block->p);
        walk_chunks(job, block, engine, worker);
        if (block->p->rules.sinks) count_sinks(block);
        finish_scaled(block, engine);
    }
    if (block->p->lse.data) write_lse(block);
    if (block->p->weights.data) write_weights(block, engine);
    if (wants_summaries(block->p)) summarise(block, engine);
}

/* The engine of each walk; the plain walk has none. */
static const struct engine *const engines[] = {
    [WALK_ROWS] = &engine_rows, [WALK_LANES] = &engine_lanes, [WALK_MATRIX] = &engine_matrix};

/* Matrix units are switched on per thread, and off again: their large registers make context switches expensive. */
static void begin(const struct attention_job *job) {
    if (job->plan->parts) job->machine->kernels->matrix->begin();
}

static void end(const struct attention_job *job) {
    if (job->plan->parts) job->machine->kernels->matrix->end();
}

void attention_block_task(void *job, int64_t task, int32_t worker) {
    const struct attention_job *j = job;
    const struct engine *engine = engines[j->plan->walk];
    if (is_behind_end(j, task)) return;
    struct query_block block = open_query_block(j, task, worker);
    struct block_summaries summaries;
    if (wants_summaries(j->problem)) {
        summaries = open_summaries(j, worker);
        block.summaries = &summaries;
    }
    begin(j);
    find_ranges(&block);
    walk_chunks(j, &block, engine, worker);
    int finite = sums_are_finite(&block);
    if (!block.careful && !finite) {
        block.careful = 1;
        walk_chunks(j, &block, engine, worker);
        finite = sums_are_finite(&block);
    }
    finish(j, &block, engine, worker, finite);
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
    if (is_behind_end(j, number)) return;
    struct query_block block = open_query_block(j, number, worker);
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
    if (is_behind_end(j, task)) return;
    struct query_block block = open_query_block(j, task, worker);
    clear_state(&block, &block.now);
    for (int64_t c = 0; c < j->plan->chunks; c++) {
        struct state partial = partial_state(j, task, c);
        engine->merge(&block, &block.now, &partial);
    }
    begin(j);
    find_ranges(&block);
    finish(j, &block, engine, worker, sums_are_finite(&block));
    end(j);
}
