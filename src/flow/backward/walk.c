/* Queries walk past the keys of a chunk, tile by tile; the sums of a query block and of the chunk's keys grow.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/block.h"

#include "flow/tile/cover.h"
#include "flow/tile/dropout.h"
#include "flow/tile/listed.h"
#include "flow/tile/mask.h"
#include "flow/tile/rules.h"
#include "flow/tile/scores.h"

#include <string.h>

/* w->slope = c, from capped scores. */
static void find_slopes(struct backward_block *w, const struct subtile *sub) {
    const float cap = w->block.p->softcap;
    for (int64_t i = 0; i < sub->count * sub->height; i++) {
        float capped = w->block.scores[i] / cap;
        w->slope[i] = 1 - capped * capped;
    }
}

/* block->scores = P. */
static void find_weights(struct backward_block *w, const struct tile *tile, const struct subtile *sub,
                         enum cover cover) {
    struct query_block *block = &w->block;
    const struct problem *p = block->p;
    const int64_t numbers = sub->count * sub->height;
    block->lanes->scores(block->scores, sub->height, block->query + sub->at * p->D, p->D, p->chain,
                         block->keys + sub->from * p->D, p->D, sub->count);
    if (block->scale.product != 1) block->machine->kernels->rows->scale(block->scores, numbers, block->scale.product);
    if (p->softcap > 0) {
        softcap_lanes(block, sub);
        find_slopes(w, sub);
    }
    if (rules_add(&p->rules)) add_rules_lanes(block, tile, sub);
    if (cover == COVER_EDGE) hide_lanes(block, tile, sub);
    block->lanes->exp(block->scores, sub->height, sub->count, w->base + sub->at, w->factor + sub->at);
}

/* P', which is P itself without dropout. */
static const float *dropped_weights(struct backward_block *w, const struct tile *tile, const struct subtile *sub) {
    const struct query_block *block = &w->block;
    if (!drops(&block->p->dropout)) return block->scores;
    memcpy(w->dropped, block->scores, (size_t)(sub->count * sub->height) * sizeof *w->dropped);
    drop_tile(block, tile, sub, w->dropped);
    return w->dropped;
}

/* w->gradient = dS. */
static void find_gradients(struct backward_block *w, const struct tile *tile, const struct subtile *sub) {
    struct query_block *block = &w->block;
    const int64_t Dv = block->p->Dv;
    block->lanes->scores(w->gradient, sub->height, w->upstream + sub->at * Dv, Dv, round_up(Dv, CHAIN_UNIT),
                         block->values + sub->from * Dv, Dv, sub->count);
    if (drops(&block->p->dropout)) drop_tile(block, tile, sub, w->gradient);
    block->lanes->softmax_gradient(w->gradient, sub->height, sub->count, block->scores, w->mean + sub->at);
}

static void add_bias_gradients(struct backward_block *w, const struct tile *tile, const struct subtile *sub) {
    const struct query_block *block = &w->block;
    for (int64_t r = 0; r < sub->rows; r++)
        for (int64_t j = 0; j < sub->count; j++) {
            float dS = w->gradient[j * sub->height + r];
            if (dS != 0)
                add_bias_gradient(w->job, &w->shared, block->b, row_head(block, sub->at + r),
                                  row_query(block, sub->at + r), tile->at + sub->from + j, dS);
        }
}

/* Adds tile[key][row] times the sub-tile's rows to the sums of keys. */
static void add_to_keys(struct backward_block *w, const struct tile *tile, const struct subtile *sub,
                        const float *products, const float *rows, float *sums, int64_t n) {
    const struct lane_kernels *lanes = w->block.lanes;
    const int64_t padded = round_up(n, lanes->unit), most = panel_width(&w->block, n);
    const int64_t key = tile->at + sub->from - w->chunk.first;
    rows += sub->at * padded;
    for (int64_t at = 0; at < padded; at += most) {
        int64_t width = min_i64(most, padded - at);
        lanes->accumulate(sums + at * w->job->plan->chunk_keys + key * width, width, width, rows + at * sub->rows,
                          sub->rows, products, sub->height, sub->count, NULL);
    }
}

static void visit(struct backward_block *w, const struct tile *tile, struct subtile *sub) {
    struct query_block *block = &w->block;
    const struct problem *p = block->p;
    enum cover cover = classify(block, tile, sub);
    if (cover == COVER_NONE) return;
    find_weights(w, tile, sub, cover);
    if (w->wants_keys) add_to_keys(w, tile, sub, dropped_weights(w, tile, sub), w->upstream_rows, w->value_sums, p->Dv);
    find_gradients(w, tile, sub);
    if (w->wants_queries && wants_biases(w->job->gradients)) add_bias_gradients(w, tile, sub);
    if (p->softcap > 0) block->machine->kernels->rows->multiply(w->gradient, w->slope, sub->count * sub->height);
    if (w->wants_queries)
        block->lanes->weigh(w->query_sums + sub->at * p->D, sub->height, p->D, w->ones, w->gradient, sub->count,
                            w->clean + sub->from * p->D, p->D);
    if (w->wants_keys) add_to_keys(w, tile, sub, w->gradient, w->query_rows, w->key_sums, p->D);
}

static void walk_range(struct backward_block *w, struct range keys) {
    struct query_block *block = &w->block;
    const struct parallel *parallel = &block->machine->parallel;
    for (int64_t at = keys.first; (at = next_tile(block, at, keys.last)) < keys.last && !tasks_stop(parallel);) {
        struct tile tile = tile_at(block, at, keys_of(block->p, block->b));
        at += tile.count;
        prepare_backward(w, &tile);
        for (int64_t r = 0; r < block->rows;) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            visit(w, &tile, &sub);
        }
    }
}

/* One query block and the chunk: kept keys come first, as in the forward pass. */
static void walk_block(struct backward_block *w, int64_t number) {
    struct query_block *block = &w->block;
    open_query_rows(w, number);
    if (block->rows <= 0) return;
    int64_t unit = block->tiling->keys, keep = min_i64(block->p->visible.keep, keys_of(block->p, block->b));
    struct range seen = keys_of_block(block);
    walk_range(w, (struct range){w->chunk.first, min_i64(w->chunk.last, keep)});
    int64_t first = max_i64(w->chunk.first, max_i64(seen.first / unit * unit, keep));
    walk_range(w, (struct range){first, min_i64(w->chunk.last, seen.last)});
    if (w->wants_queries) add_query_sums(w);
}

static void clear_queries(struct backward_block *w, struct range blocks) {
    const struct query_block *block = &w->block;
    const struct problem *p = block->p;
    const struct view *v = &w->job->gradients->query;
    int64_t last = min_i64(p->G * query_count(p, block->b), blocks.last * block->tiling->block_rows);
    for (int64_t r = blocks.first * block->tiling->block_rows; v->data && r < last; r++) {
        float *to = view_row(v, block->b, block->k * p->G + r % p->G, r / p->G);
        for (int64_t d = 0; d < p->D; d++) to[d * v->stride_d] = 0;
    }
}

/* Query blocks against chunks of keys, of one sequence and key/value head. Padded keys have gradients too: 0. */
static void walk_pair(struct backward_block *w, struct range blocks, struct range chunks) {
    const struct problem *p = w->block.p;
    const int64_t keys = p->visible.key_starts ? keys_of(p, w->block.b) : p->S, size = w->job->plan->chunk_keys;
    if (w->wants_queries) clear_queries(w, blocks);
    for (int64_t c = chunks.first; c < chunks.last; c++) {
        w->chunk = (struct range){c * size, min_i64(keys, (c + 1) * size)};
        if (w->wants_keys) clear_key_sums(w);
        for (int64_t q = blocks.first; q < blocks.last; q++) walk_block(w, q);
        if (w->wants_keys) write_key_sums(w);
    }
}

/* The only pass: a task has some sequences and key/value heads, one after the other. */
static void pair_task(void *arg, int64_t task, int32_t worker) {
    const struct backward_job *job = arg;
    const struct problem *p = job->p;
    const struct backward_plan *plan = job->plan;
    const int64_t k0 = plan->shares_heads ? 0 : task % p->K, b0 = plan->shares_heads ? task : task / p->K;
    const struct shared_sums shared = shared_sums_at(plan, job->scratch + worker * plan->worker_memory.bytes);
    for (int64_t k = k0; k < (plan->shares_heads ? p->K : k0 + 1); k++) {
        clear_shared_sums(job, &shared);
        for (int64_t b = plan->shares_sequences ? 0 : b0; b < (plan->shares_sequences ? p->B : b0 + 1); b++) {
            struct backward_block w = open_backward(job, b, k, worker);
            w.wants_queries = w.wants_keys = 1;
            walk_pair(&w, (struct range){0, plan->blocks}, (struct range){0, plan->chunks});
        }
        write_shared_sums(job, &shared, k);
    }
}

static void query_task(void *arg, int64_t task, int32_t worker) {
    const struct backward_job *job = arg;
    const int64_t blocks = job->plan->blocks, block = task % blocks, pair = task / blocks;
    struct backward_block w = open_backward(job, pair / job->p->K, pair % job->p->K, worker);
    w.wants_queries = 1;
    walk_pair(&w, (struct range){block, block + 1}, (struct range){0, job->plan->chunks});
}

static void key_task(void *arg, int64_t task, int32_t worker) {
    const struct backward_job *job = arg;
    const int64_t chunks = job->plan->chunks, chunk = task % chunks, pair = task / chunks;
    struct backward_block w = open_backward(job, pair / job->p->K, pair % job->p->K, worker);
    w.wants_keys = 1;
    walk_pair(&w, (struct range){0, job->plan->blocks}, (struct range){chunk, chunk + 1});
}

static void run_tasks(struct backward_job *job) {
    const struct parallel *parallel = &job->machine->parallel;
    const struct gradients *g = job->gradients;
    if (job->plan->plain)
        backward_plain(job);
    else if (!job->plan->two_passes)
        tasks_run_told(parallel, job->plan->tasks, pair_task, job, "gradients");
    else {
        if (g->query.data) tasks_run_told(parallel, job->plan->tasks, query_task, job, "gradients of queries");
        if (g->key.data || g->value.data)
            tasks_run_told(parallel, job->plan->key_tasks, key_task, job, "gradients of keys and values");
    }
}

void backward_run(const struct machine *machine, const struct problem *p, const struct gradients *gradients,
                  const struct backward_plan *plan, void *scratch) {
    struct backward_job job = {machine, p, gradients, plan, scratch};
    ledger_open_each(&plan->worker_memory, scratch, plan->workers);
    run_tasks(&job);
    ledger_close_each(&plan->worker_memory, scratch, plan->workers);
}
