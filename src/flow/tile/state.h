/* A query block: the rows of one task, its worker's buffers, and what the rows have so far.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_STATE_H
#define SA_FLOW_TILE_STATE_H

#include "flow/visible.h"
#include "plan/plan.h"

/* What the rows of a query block have so far; struct state_map describes it. */
struct state {
    float *sums, *maximum, *total;
    uint8_t *seen;
};

/* Operands of a matrix unit, which struct scratch_map describes: floats as `parts` bf16. */
struct matrix_operands {
    int64_t parts; /* 0: no matrix unit is used */
    uint16_t *query, *keys, *values, *weights;
};

/* Which keys some row of a sub-tile may see by its range, and which all may; empty where first >= last. kept_any and
 * kept_all are the same for keys below visible.keep, which ranges have from 0 on. */
struct extent {
    struct range any, all, kept_any, kept_all;
};

/* The scale of scores as factors of queries and of their products with keys: neither overflows where scores do not. */
struct score_scale {
    float query, product;
};

/* The buffers are those of struct scratch_map. */
struct query_block {
    const struct machine *machine;
    const struct problem *p;
    const struct tiling *tiling;
    int64_t b, k;               /* sequence, key/value head */
    int64_t row, rows;          /* first row among the G*T rows of the head's group, and how many */
    const struct view *queries; /* those that are packed; NULL: none yet */
    float *query, *keys, *values, *scores, *shrink, *bias, *strip, *spare;
    struct matrix_operands matrix;
    int64_t *first, *last, *shift;
    uint8_t *odd;
    struct score_scale scale;
    int careful;       /* values are searched for NaN and infinities before they are weighed */
    float value_scale; /* a power of two that values are multiplied by, which takes care */
    struct state now;  /* of the chunk of keys at hand */
    struct extent extents[MOST_SUBTILES];
};

/* Row r of the query block: which head and query it is. */
static inline int64_t row_head(const struct query_block *block, int64_t r) {
    return block->k * block->p->G + (block->row + r) % block->p->G;
}
static inline int64_t row_query(const struct query_block *block, int64_t r) {
    return (block->row + r) / block->p->G;
}

/* Its row of the mask tensor, NULL where there is none. */
static inline const void *mask_of(const struct query_block *block, int64_t r) {
    if (block->p->visible.mask_kind == MASK_NONE) return NULL;
    return mask_row(&block->p->visible, block->b, row_head(block, r), row_query(block, r));
}

/* What row r's scores have lost because slopes count distances from block->shift on. */
static inline double shifted_bias(const struct query_block *block, int64_t r) {
    const float *slopes = block->p->rules.slopes;
    return slopes ? (double)slopes[row_head(block, r)] * (double)block->shift[r] : 0;
}

/* The value that exponentials of row r are taken against. */
static inline float base_of(const struct query_block *block, int64_t r) {
    return block->now.maximum[r] == -INFINITY ? 0 : block->now.maximum[r];
}

#endif
