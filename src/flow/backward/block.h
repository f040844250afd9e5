/* A query block of the backward pass: that of the forward pass, and what gradients need beside it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BACKWARD_BLOCK_H
#define SA_FLOW_BACKWARD_BLOCK_H

#include "flow/backward/backward.h"
#include "flow/tile/geometry.h"

/* The buffers are those of struct backward_map. */
struct backward_block {
    const struct backward_job *job;
    struct query_block block;
    struct shared_sums shared;
    struct range chunk; /* the keys whose sums are held */
    int wants_queries, wants_keys;
    float *line, *upstream, *query_rows, *upstream_rows, *query_sums, *base, *factor, *mean, *ones, *gradient, *slope,
        *dropped, *clean, *key_sums, *value_sums;
};

/* The columns of rows of n numbers are cut into panels as wide as the kernels like them. */
static inline int64_t panel_width(const struct query_block *block, int64_t n) {
    const struct lane_kernels *lanes = block->lanes;
    int64_t padded = round_up(n, lanes->unit), panels = ceil_div(padded, lanes->most_width);
    return round_up(ceil_div(padded, panels), lanes->unit);
}

/* Opens a worker's memory for sequence b and key/value head k. */
struct backward_block open_backward(const struct backward_job *job, int64_t b, int64_t k, int32_t worker);

/* Takes query block `number`, finds what it may see, and packs its operands. */
void open_query_rows(struct backward_block *w, int64_t number);

/* Adds the block's dQ to its output. */
void add_query_sums(struct backward_block *w);

/* Clears the sums of the chunk's keys, and writes them to dK and dV. */
void clear_key_sums(struct backward_block *w);
void write_key_sums(struct backward_block *w);

/* Keys and values of a tile as floats without gaps; w->clean for products in which a hidden key must not be NaN. */
void prepare_backward(struct backward_block *w, struct tile *tile);

#endif
