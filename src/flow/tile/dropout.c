/* SPDX-License-Identifier: MIT */
#include "flow/tile/dropout.h"

/* Rows behind the last one are numbered too: lanes compute them. */
void number_rows(struct query_block *block) {
    const int64_t rows = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < rows; r++) {
        block->draw_query[r] = (uint32_t)row_query(block, r);
        block->draw_head[r] = (uint32_t)row_head(block, r);
    }
}

void drop_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++)
        drop_row(&block->p->dropout, block->b, row_head(block, sub->at + r), row_query(block, sub->at + r),
                 tile->at + sub->from, scores_of_row(block, sub, r), sub->count);
}

void drop_tile(const struct query_block *block, const struct tile *tile, const struct subtile *sub, float *numbers) {
    block->lanes->dropout(numbers, sub->height, sub->count, &block->p->dropout, block->draw_query + sub->at,
                          block->draw_head + sub->at, (uint32_t)block->b, tile->at + sub->from);
}

void drop_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    drop_tile(block, tile, sub, block->scores);
}

int is_dropped(const struct query_block *block, const struct tile *tile, int64_t r, int64_t j) {
    const struct dropout *d = &block->p->dropout;
    return drops(d) && dropout_factor(d, block->b, row_head(block, r), row_query(block, r), tile->at + j) == 0;
}
