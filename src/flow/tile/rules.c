/* What rules add to scores: a function of a head and the distance of key and query alone, so a sub-tile needs it for a
 * strip of distances rather than for each pair. And the scores without a value that only take part in the softmax's
 * sum.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/block.h"

/* By rows the strip is [head of the group][distance], ascending: a row's scores take a stretch of it. */
void add_rules_rows(struct block *block, const struct tile *tile, const struct subtile *sub) {
    const struct problem *p = block->p;
    int64_t first_query = row_query(block, sub->at), last_query = row_query(block, sub->at + sub->rows - 1);
    int64_t length = last_query - first_query + sub->count;
    int64_t nearest = tile->at + sub->from - position_of(p, block->b, last_query);
    for (int64_t g = 0; g < p->G; g++)
        for (int64_t i = 0; i < length; i++)
            block->strip[g * length + i] = rule_bias(&p->rules, block->k * p->G + g, nearest + i);
    for (int64_t r = 0; r < sub->rows; r++) {
        int64_t g = row_head(block, sub->at + r) % p->G, start = last_query - row_query(block, sub->at + r);
        block->machine->kernels->rows->add_mask(scores_of_rows(block, sub, r), block->strip + g * length + start,
                                                sub->count);
    }
}

/* By lanes it is [distance][head of the group], descending: then the rows of one key, which are heads within queries,
 * lie side by side, and the next key's lie one distance before. */
void add_rules_lanes(struct block *block, const struct tile *tile, const struct subtile *sub) {
    const struct problem *p = block->p;
    int64_t G = p->G, query = row_query(block, sub->at), g0 = row_head(block, sub->at) % G;
    int64_t lines = ceil_div(g0 + sub->height, G) + sub->count - 1;
    int64_t farthest = tile->at + sub->from + sub->count - 1 - position_of(p, block->b, query);
    for (int64_t i = 0; i < lines; i++)
        for (int64_t g = 0; g < G; g++) block->strip[i * G + g] = rule_bias(&p->rules, block->k * G + g, farthest - i);
    block->machine->kernels->lanes->add_strip(block->scores, sub->height, sub->count,
                                              block->strip + g0 + (sub->count - 1) * G, G);
}

/* The sink of a row's head as one more score: maximum and total count it, shrink says what the sums are worth then. */
void count_sinks(struct block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        float sink = block->p->rules.sinks[row_head(block, r)], old = block->now.maximum[r];
        block->shrink[r] = 1;
        if (sink == -INFINITY || !block->now.seen[r]) continue;
        float new = fmaxf(old, sink);
        block->shrink[r] = expf(old - new);
        block->now.total[r] = block->now.total[r] * block->shrink[r] + expf(sink - new);
        block->now.maximum[r] = new;
    }
}
