/* A query block: the rows of one task, its worker's buffers, and the state of the rows.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_STATE_H
#define SA_FLOW_TILE_STATE_H

#include "flow/summaries.h"
#include "flow/visible.h"
#include "plan/plan.h"

/* The state of the rows of a query block; struct state_map describes it. */
struct state {
    float *sums, *maximum, *total;
    uint8_t *seen;
};

/* Operands of a matrix unit, which struct scratch_map describes: floats as `parts` bf16. */
struct matrix_operands {
    int64_t parts; /* 0: no matrix unit is used */
    uint16_t *query, *keys, *values, *weights;
};

/* The keys that at least one row of a sub-tile may see by its range, and those that all may; empty if first >= last.
 * kept_any and kept_all are the same for keys below visible.keep, which ranges have from 0 on. */
struct extent {
    struct range any, all, kept_any, kept_all;
};
_Static_assert(sizeof(struct extent) == EXTENT_KEYS * sizeof(int64_t), "plan/plan.c books this many numbers");

/* The scale of scores as factors of queries and of their products with keys: neither overflows where scores do not. */
struct score_scale {
    float query, product;
};

/* What summaries of a query block need; NULL where it is not wanted. */
struct block_summaries {
    struct key_summaries keys_of_call;
    double *entropy;
    float *base, *log_total, *part, *weights, *sums, *largest, *lane_sums, *lane_maxima;
    int32_t *keys;
    int64_t at, count; /* the tile that sums and maxima are of; count 0: none */
};

/* The buffers are those of struct scratch_map. */
struct query_block {
    const struct machine *machine;
    const struct problem *p;
    const struct tiling *tiling;
    const struct lane_kernels *lanes; /* plan.lanes */
    int own_order;                    /* plan.own_order */
    int64_t b, k;                     /* sequence, key/value head */
    int64_t row, rows;                /* first row among the G*T rows of the head's group, and how many */
    const struct view *queries;       /* those that are packed; NULL: none yet */
    float *query, *keys, *values, *scores, *shrink, *bias, *strip, *spare;
    struct matrix_operands matrix;
    int64_t *first, *last, *shift;
    struct extent *extents; /* of each sub-tile */
    uint8_t *odd;
    uint8_t *shown; /* what callbacks hide in the sub-tile, in the order of its scores; only if `called` */
    int called;
    uint32_t *draw_query, *draw_head;  /* with dropout: what draws of a row depend on */
    struct block_summaries *summaries; /* NULL: none is wanted */
    float *kept;                       /* scores of the first kept_keys keys: see kept.h */
    int64_t kept_keys;
    int reads_kept;  /* the walk wants no scores of these, and no keys and values */
    float *held;     /* with prob_mod: totals of the first pass */
    int32_t *line;   /* with a block list: the row's number among the lines of the query block */
    uint64_t *units; /* per line: bit u says whether the list names unit u of the tile, LIST_UNIT keys */
    struct score_scale scale;
    int careful;       /* values are searched for NaN and infinities before they are weighed */
    float value_scale; /* a power of two that values are multiplied by; only with `careful` */
    struct state now;  /* of the current chunk of keys */
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

/* Everything that row r sees. */
static inline struct sight sight_of(const struct query_block *block, int64_t r) {
    return (struct sight){.range = {block->first[r], block->last[r]},
                          .line = line_of(&block->p->blocks, block->b, row_head(block, r), row_query(block, r)),
                          .mask = mask_of(block, r)};
}

/* The part of row r's biases that is left out, because slopes count distances from block->shift on. */
static inline double shifted_bias(const struct query_block *block, int64_t r) {
    const float *slopes = block->p->rules.slopes;
    return slopes ? (double)slopes[row_head(block, r)] * (double)block->shift[r] : 0;
}

/* The value that is subtracted from scores of row r before the exponential. */
static inline float base_of(const struct query_block *block, int64_t r) {
    return block->now.maximum[r] == -INFINITY ? 0 : block->now.maximum[r];
}

#endif
