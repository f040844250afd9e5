/* How a query block and its keys are cut: tiles of keys, sub-tiles of rows.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_GEOMETRY_H
#define SA_FLOW_TILE_GEOMETRY_H

#include "flow/tile/state.h"

/* Keys at .. at + count of the sequence, and the operands of the products. */
struct tile {
    int64_t at, count;
    const void *keys,
        *values; /* in place, or in the query block's buffers; values for a matrix unit always in buffers */
    int64_t keys_ld, values_ld;
    int32_t keys_dtype, values_dtype; /* SA_F32, except for kernels for few rows and keys of a matrix unit */
    int odd; /* some values are NaN or infinite: block->odd marks their keys, and in `values`, a copy, they are zero */
};

/* Rows of the query block from `at` on, with columns `from` .. from + count of the tile. These begin at a multiple of
 * SUM_UNIT; at least one row may see them. */
struct subtile {
    int64_t at, rows;
    int64_t number; /* index of its extent in the query block */
    int64_t height; /* rows of the products: beyond `rows` the packed queries are zero */
    int64_t from, count;
};

/* The sub-tile that begins at row `at` of the query block. By rows its height depends on its place alone, not on the
 * number of queries, since a BLAS may round a row differently in a product of another height. The very first one is
 * low, for short sequences. By lanes it is the number of rows rounded up to whole registers. Most query blocks of small
 * calls have one sub-tile: it takes no division. */
static inline struct subtile subtile_at(const struct query_block *block, int64_t at) {
    const struct tiling *t = block->tiling;
    int64_t number = at == 0 ? 0 : at / t->rows + (block->row == 0 && t->first_rows < t->rows);
    int64_t end = at > 0 ? round_up(at + 1, t->rows) : block->row == 0 ? t->first_rows : t->rows;
    int64_t rows = min_i64(end, block->rows) - at, full = end - at;
    int64_t height = t->unit && rows < full ? round_up(rows, t->unit) : full;
    return (struct subtile){.at = at, .rows = rows, .number = number, .height = height};
}

/* By rows: the first score of a row of the sub-tile. */
static inline float *scores_of_row(const struct query_block *block, const struct subtile *sub, int64_t row) {
    return block->scores + row * block->tiling->keys + sub->from;
}

/* With matrix kernels: whether so few rows see a tile that it is not worth while to transpose its values. */
static inline int has_few_rows(const struct query_block *block) {
    return block->rows <= block->lanes->unit;
}

/* With matrix kernels: whether values are packed as pairs of keys, else by dimension. */
static inline int has_paired_values(const struct query_block *block) {
    return has_few_rows(block) || !block->machine->kernels->matrix->value_columns;
}

/* Whether the kernels for few rows are used. During the walk, such a sub-tile's sums are [row][Dv]. */
static inline int is_narrow(const struct query_block *block, const struct subtile *sub) {
    return block->matrix.parts ? has_few_rows(block) : sub->rows <= block->lanes->few;
}

#endif
