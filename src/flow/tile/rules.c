/* The numbers that rules add to scores. They depend on the head and on the distance of key and query alone, so a
 * sub-tile needs a strip of them, one for each distance. And sinks: scores without a value, which are only terms of the
 * softmax's sum.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/rules.h"

#include <string.h>

/* Whether slopes count from the same distance in all rows of the sub-tile: then one strip is right for all rows. */
static int share_shift(const struct query_block *block, const struct subtile *sub) {
    if (!block->p->rules.slopes) return 1;
    for (int64_t r = sub->at + 1; r < sub->at + sub->rows; r++)
        if (block->shift[r] != block->shift[sub->at]) return 0;
    return 1;
}

/* The distance of the sub-tile's column 0 from the query of row r. */
static int64_t distance_of(const struct query_block *block, const struct tile *tile, const struct subtile *sub,
                           int64_t r) {
    return tile->at + sub->from - position_of(block->p, block->b, row_query(block, r));
}

/* Writes the numbers for the sub-tile's columns of row r, `step` floats apart. */
static void write_biases(const struct query_block *block, const struct tile *tile, const struct subtile *sub, int64_t r,
                         float *to, int64_t step) {
    int64_t head = row_head(block, r), shift = block->shift[r], nearest = distance_of(block, tile, sub, r);
    for (int64_t j = 0; j < sub->count; j++) to[j * step] = rule_bias(&block->p->rules, head, nearest + j, shift);
}

/* Adds numbers for one row, if rows count from different distances. */
static void add_row(struct query_block *block, const struct tile *tile, const struct subtile *sub, int64_t r) {
    write_biases(block, tile, sub, sub->at + r, block->strip, 1);
    block->machine->kernels->rows->add_mask(scores_of_row(block, sub, r), block->strip, sub->count);
}

/* By rows the strip is [head of the group][distance], ascending: the numbers for a row's scores are contiguous in
 * it. */
static void add_strip_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    const struct problem *p = block->p;
    int64_t first_query = row_query(block, sub->at), last_query = row_query(block, sub->at + sub->rows - 1);
    int64_t length = last_query - first_query + sub->count, shift = p->rules.slopes ? block->shift[sub->at] : 0;
    int64_t nearest = distance_of(block, tile, sub, sub->at + sub->rows - 1);
    for (int64_t g = 0; g < p->G; g++)
        for (int64_t i = 0; i < length; i++)
            block->strip[g * length + i] = rule_bias(&p->rules, block->k * p->G + g, nearest + i, shift);
    for (int64_t r = 0; r < sub->rows; r++) {
        int64_t g = row_head(block, sub->at + r) % p->G, start = last_query - row_query(block, sub->at + r);
        block->machine->kernels->rows->add_mask(scores_of_row(block, sub, r), block->strip + g * length + start,
                                                sub->count);
    }
}

void add_rules_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    if (share_shift(block, sub))
        add_strip_rows(block, tile, sub);
    else
        for (int64_t r = 0; r < sub->rows; r++) add_row(block, tile, sub, r);
}

/* Adds a tile of numbers, written to block->bias. */
static void add_tile(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    memset(block->bias, 0, (size_t)(sub->count * sub->height) * sizeof *block->bias);
    for (int64_t r = 0; r < sub->rows; r++) write_biases(block, tile, sub, sub->at + r, block->bias + r, sub->height);
    block->machine->kernels->rows->add_mask(block->scores, block->bias, sub->count * sub->height);
}

/* By lanes it is [distance][head of the group], descending: the numbers for the rows of one key, which are heads within
 * queries, are contiguous; those of the next key begin one distance before. */
static void add_strip_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    const struct problem *p = block->p;
    int64_t G = p->G, g0 = row_head(block, sub->at) % G, shift = p->rules.slopes ? block->shift[sub->at] : 0;
    int64_t lines = ceil_div(g0 + sub->height, G) + sub->count - 1;
    int64_t farthest = distance_of(block, tile, sub, sub->at) + sub->count - 1;
    for (int64_t i = 0; i < lines; i++)
        for (int64_t g = 0; g < G; g++)
            block->strip[i * G + g] = rule_bias(&p->rules, block->k * G + g, farthest - i, shift);
    block->lanes->add_strip(block->scores, sub->height, sub->count, block->strip + g0 + (sub->count - 1) * G, G);
}

void add_rules_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    if (share_shift(block, sub))
        add_strip_lanes(block, tile, sub);
    else
        add_tile(block, tile, sub);
}

void count_sinks(struct query_block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        float sink = block->p->rules.sinks[row_head(block, r)], old = block->now.maximum[r];
        double shift = shifted_bias(block, r);
        block->shrink[r] = 1;
        if (sink == -INFINITY || !block->now.seen[r]) continue;
        if (shift != 0) sink = (float)(sink - shift);
        float new = fmaxf(old, sink);
        block->shrink[r] = expf(old - new);
        block->now.total[r] = block->now.total[r] * block->shrink[r] + expf(sink - new);
        block->now.maximum[r] = new;
    }
}
