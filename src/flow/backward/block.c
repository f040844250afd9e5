/* The operands of a query block, and what becomes of its sums.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/block.h"

#include "flow/tile/cover.h"
#include "flow/tile/pack.h"
#include "flow/tile/scores.h"

#include <string.h>

static float *floats_at(char *scratch, int64_t at) {
    return (float *)(scratch + at);
}

static struct query_block open_block(const struct backward_job *job, int64_t b, int64_t k, char *scratch) {
    const struct scratch_map *map = &job->plan->map.tiles;
    return (struct query_block){
        .machine = job->machine,
        .p = job->p,
        .tiling = &job->plan->tiling,
        .lanes = job->machine->kernels->lanes,
        .b = b,
        .k = k,
        .queries = &job->p->query,
        .query = floats_at(scratch, map->query),
        .keys = floats_at(scratch, map->keys),
        .values = floats_at(scratch, map->values),
        .scores = floats_at(scratch, map->scores),
        .bias = floats_at(scratch, map->bias),
        .strip = floats_at(scratch, map->strip),
        .spare = floats_at(scratch, map->spare),
        .first = (int64_t *)(scratch + map->first),
        .last = (int64_t *)(scratch + map->last),
        .shift = (int64_t *)(scratch + map->shift),
        .extents = (struct extent *)(scratch + map->extents),
        .line = (int32_t *)(scratch + map->line),
        .units = (uint64_t *)(scratch + map->units),
        .draw_query = (uint32_t *)(scratch + map->draw_query),
        .draw_head = (uint32_t *)(scratch + map->draw_head),
        .scale = split_scale(job->p->scale),
        .value_scale = 1,
        .now = {.seen = (uint8_t *)(scratch + job->plan->map.seen)},
    };
}

struct backward_block open_backward(const struct backward_job *job, int64_t b, int64_t k, int32_t worker) {
    const struct backward_map *map = &job->plan->map;
    char *scratch = job->scratch + worker * job->plan->worker_memory.bytes;
    return (struct backward_block){
        .job = job,
        .block = open_block(job, b, k, scratch),
        .shared = shared_sums_at(job->plan, scratch),
        .line = floats_at(scratch, map->line),
        .upstream = floats_at(scratch, map->upstream),
        .query_rows = floats_at(scratch, map->query_rows),
        .upstream_rows = floats_at(scratch, map->upstream_rows),
        .query_sums = floats_at(scratch, map->query_sums),
        .base = floats_at(scratch, map->base),
        .factor = floats_at(scratch, map->factor),
        .mean = floats_at(scratch, map->mean),
        .ones = floats_at(scratch, map->ones),
        .gradient = floats_at(scratch, map->gradient),
        .slope = floats_at(scratch, map->slope),
        .dropped = floats_at(scratch, map->dropped),
        .clean = floats_at(scratch, map->clean),
        .key_sums = floats_at(scratch, map->key_sums),
        .value_sums = floats_at(scratch, map->value_sums),
    };
}

static const void *row_of(const struct query_block *block, const struct view *v, int64_t r) {
    return view_row(v, block->b, row_head(block, r), row_query(block, r));
}

static double mean_of(const struct backward_block *w, int64_t r) {
    const struct problem *p = w->block.p;
    const struct view *dO = &w->job->gradients->upstream;
    const void *from = row_of(&w->block, dO, r), *o = row_of(&w->block, &p->output, r);
    return view_dot(dO, from, &p->output, o, p->Dv);
}

/* A row that sees no key has the log-sum-exp -infinity: its weights are 0. */
static void find_base(struct backward_block *w, int64_t r) {
    const struct view *v = &w->block.p->lse;
    float lse = view_load(v, row_of(&w->block, v, r), 0);
    int sees = lse != -INFINITY;
    w->base[r] = sees ? (float)(lse - shifted_bias(&w->block, r)) : 0;
    w->factor[r] = sees ? 1 : 0;
    w->mean[r] = sees ? (float)mean_of(w, r) : 0;
    if (w->chunk.first == 0 && w->wants_queries)
        add_sink_gradient(w->job, &w->shared, row_head(&w->block, r), lse, w->mean[r]);
}

/* [panel][row][its width], zeros behind the n columns. */
static void pack_rows(const struct backward_block *w, float *to, const float *line, int64_t rows, int64_t n) {
    int64_t padded = round_up(n, w->block.lanes->unit), most = panel_width(&w->block, n);
    for (int64_t at = 0; at < padded; at += most) {
        int64_t width = min_i64(most, padded - at), real = min_i64(width, n - at);
        for (int64_t r = 0; r < rows; r++, to += width) {
            memcpy(to, line + r * n + at, (size_t)real * sizeof *to);
            memset(to + real, 0, (size_t)(width - real) * sizeof *to);
        }
    }
}

/* Rows of the view as columns and as rows. Those of queries that see nothing are zeros: 0 * NaN would be NaN in the
 * sums of keys. */
static void pack_operand(struct backward_block *w, const struct subtile *sub, const struct view *v, int64_t n,
                         float scale, float *columns, float *rows) {
    struct query_block *block = &w->block;
    for (int64_t r = 0; r < sub->rows; r++) {
        float *to = w->line + r * n;
        if (w->factor[sub->at + r] != 0)
            copy_row(block, to, v, row_of(block, v, sub->at + r), n);
        else
            memset(to, 0, (size_t)n * sizeof *to);
    }
    block->lanes->pack(columns + sub->at * n, sub->height, w->line, n, sub->rows, n, scale);
    if (w->wants_keys) pack_rows(w, rows + sub->at * round_up(n, block->lanes->unit), w->line, sub->rows, n);
}

void open_query_rows(struct backward_block *w, int64_t number) {
    struct query_block *block = &w->block;
    const struct problem *p = block->p;
    block->row = number * block->tiling->block_rows;
    block->rows = min_i64(block->tiling->block_rows, p->G * query_count(p, block->b) - block->row);
    if (block->rows <= 0) return;
    find_ranges(block);
    for (int64_t r = 0; r < round_up(block->rows, block->lanes->unit); r++) w->base[r] = w->factor[r] = w->mean[r] = 0;
    for (int64_t r = 0; r < block->rows; r++) find_base(w, r);
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        pack_operand(w, &sub, &p->query, p->D, block->scale.query, block->query, w->query_rows);
        pack_operand(w, &sub, &w->job->gradients->upstream, p->Dv, 1, w->upstream, w->upstream_rows);
        at += sub.rows;
    }
    for (int64_t r = 0; r < block->tiling->rows; r++) w->ones[r] = 1;
    memset(w->query_sums, 0, (size_t)(round_up(block->rows, block->lanes->unit) * p->D) * sizeof(float));
}

/* to += from * factor, for n numbers of a row of the view. */
static void add_row(const struct view *v, void *row, const float *from, float factor, int64_t n) {
    float *to = row;
    for (int64_t d = 0; d < n; d++) to[d * v->stride_d] += from[d] * factor;
}

void add_query_sums(struct backward_block *w) {
    struct query_block *block = &w->block;
    const struct view *v = &w->job->gradients->query;
    const int64_t D = block->p->D;
    for (int64_t at = 0; v->data && at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        block->lanes->unpack(w->line, D, w->query_sums + at * D, sub.height, sub.rows, D, w->ones, NULL);
        for (int64_t r = 0; r < sub.rows; r++)
            add_row(v, view_row(v, block->b, row_head(block, at + r), row_query(block, at + r)), w->line + r * D,
                    block->p->scale, D);
        at += sub.rows;
    }
}

void clear_key_sums(struct backward_block *w) {
    const struct problem *p = w->block.p;
    const int64_t unit = w->block.lanes->unit, keys = w->job->plan->chunk_keys;
    memset(w->key_sums, 0, (size_t)(keys * round_up(p->D, unit)) * sizeof(float));
    memset(w->value_sums, 0, (size_t)(keys * round_up(p->Dv, unit)) * sizeof(float));
}

static void write_sums(const struct backward_block *w, const struct view *v, const float *sums, float factor,
                       int64_t n) {
    const struct query_block *block = &w->block;
    const int64_t padded = round_up(n, block->lanes->unit), most = panel_width(block, n);
    if (!v->data) return;
    for (int64_t at = 0; at < padded; at += most) {
        int64_t width = min_i64(most, padded - at), real = min_i64(width, n - at);
        const float *panel = sums + at * w->job->plan->chunk_keys;
        for (int64_t j = w->chunk.first; j < w->chunk.last; j++, panel += width) {
            float *to = (float *)view_row(v, block->b, block->k, j) + at * v->stride_d;
            for (int64_t d = 0; d < real; d++) to[d * v->stride_d] = panel[d] * factor;
        }
    }
}

void write_key_sums(struct backward_block *w) {
    const struct problem *p = w->block.p;
    write_sums(w, &w->job->gradients->key, w->key_sums, p->scale, p->D);
    write_sums(w, &w->job->gradients->value, w->value_sums, 1, p->Dv);
}

void prepare_backward(struct backward_block *w, struct tile *tile) {
    struct query_block *block = &w->block;
    const struct row_kernels *rows = block->machine->kernels->rows;
    const int64_t D = block->p->D;
    copy_rows(block, block->keys, &block->p->key, tile, D);
    copy_rows(block, block->values, &block->p->value, tile, block->p->Dv);
    memcpy(w->clean, block->keys, (size_t)(tile->count * D) * sizeof *w->clean);
    if (rows->below(w->clean, tile->count * D, INFINITY)) return;
    for (int64_t j = 0; j < tile->count; j++)
        if (!rows->below(w->clean + j * D, D, INFINITY)) memset(w->clean + j * D, 0, (size_t)D * sizeof *w->clean);
}
