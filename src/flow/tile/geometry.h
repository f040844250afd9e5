/* How a query block and its keys are cut: tiles of keys, sub-tiles of rows.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_GEOMETRY_H
#define SA_FLOW_TILE_GEOMETRY_H

#include "flow/tile/state.h"

/* Keys at .. at + count of the sequence, where the products read them and their values, and what is known about those.
 */
struct tile {
    int64_t at, count;
    const void *keys, *values; /* as they lie, or in the query block's buffers; values for a matrix unit always there */
    int64_t keys_ld, values_ld;
    int32_t keys_dtype, values_dtype; /* SA_F32, but for the kernels for few rows and the keys of a matrix unit */
    int odd; /* some values are NaN or infinite: block->odd says which, and `values` is a copy in which they are zero */
};

/* Rows of the query block from `at` on, against columns `from` .. from + count of the tile, which begin at a multiple
 * of SUM_UNIT and are no more than some row may see. */
struct subtile {
    int64_t at, rows;
    int64_t number; /* in the query block: which of its extents */
    int64_t height; /* rows as the products see them: past `rows` the packed queries are zero */
    int64_t from, count;
};

/* The sub-tile that begins at row `at` of the query block. By rows its height depends on its place alone, not on where
 * the queries end, since a BLAS may round a row differently in a product of another height; the very first is low, for
 * short sequences. By lanes it is the number of rows rounded up to whole registers. */
static inline struct subtile subtile_at(const struct query_block *block, int64_t at) {
    const struct tiling *t = block->tiling;
    int64_t end = block->row + at == 0 ? t->first_rows : round_up(at + 1, t->rows);
    int64_t rows = min_i64(end, block->rows) - at;
    int64_t number = at / t->rows + (block->row == 0 && at > 0 && t->first_rows < t->rows);
    return (struct subtile){
        .at = at, .rows = rows, .number = number, .height = t->unit ? round_up(rows, t->unit) : end - at};
}

/* By rows: where the scores of a row of the sub-tile begin, its first column. */
static inline float *scores_of_row(const struct query_block *block, const struct subtile *sub, int64_t row) {
    return block->scores + row * block->tiling->keys + sub->from;
}

/* On a matrix unit: whether so few rows see a tile that its values are not worth a transposition. */
static inline int has_few_rows(const struct query_block *block) {
    return block->rows <= block->machine->kernels->lanes->unit;
}

/* Whether the kernels for few rows will do. While the walk is on, such a sub-tile's sums are [row][Dv]. */
static inline int is_narrow(const struct query_block *block, const struct subtile *sub) {
    return block->matrix.parts ? has_few_rows(block) : sub->rows <= block->machine->kernels->lanes->few;
}

#endif
