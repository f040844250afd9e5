/* SPDX-License-Identifier: MIT */
#include "flow/tile/listed.h"

#include <math.h>

/* Heads that may have lines of their own. */
static int64_t heads_of_list(const struct query_block *block) {
    return block->p->blocks.offsets_h ? block->p->G : 1;
}

/* The first block of queries. */
static int64_t first_queries(const struct query_block *block) {
    return row_query(block, 0) / block->p->blocks.query_block;
}

static int64_t count_lines(const struct query_block *block) {
    int64_t last = row_query(block, block->rows - 1) / block->p->blocks.query_block;
    return (last - first_queries(block) + 1) * heads_of_list(block);
}

/* Line number `i` of the query block. */
static struct line line_at(const struct query_block *block, int64_t i) {
    const struct block_list *list = &block->p->blocks;
    int64_t heads = heads_of_list(block), t = (first_queries(block) + i / heads) * list->query_block;
    return listed_line(list, block->b, block->k * block->p->G + i % heads, t);
}

void find_lines(struct query_block *block) {
    const struct block_list *list = &block->p->blocks;
    const int64_t heads = heads_of_list(block), first = first_queries(block);
    for (int64_t r = 0; r < block->rows; r++)
        block->line[r] = (int32_t)((row_query(block, r) / list->query_block - first) * heads +
                                   (heads > 1 ? row_head(block, r) % heads : 0));
}

/* Bits first .. last - 1. */
static uint64_t bits(int64_t first, int64_t last) {
    return first < last ? ~(uint64_t)0 >> (64 - (last - first)) << first : 0;
}

void find_units(struct query_block *block, struct range keys) {
    const int64_t size = block->p->blocks.key_block / LIST_UNIT, first = keys.first / LIST_UNIT,
                  units = ceil_div(keys.last, LIST_UNIT) - first, lines = count_lines(block);
    for (int64_t i = 0; i < lines; i++) {
        const struct line line = line_at(block, i);
        block->units[i] = 0;
        for (int64_t n = place_in_line(&line, keys.first); n < line.count; n++) {
            const int64_t from = line.blocks[n] * size - first;
            if (from >= units) break;
            block->units[i] |= bits(max_i64(from, 0), min_i64(from + size, units));
        }
    }
}

int64_t next_listed_tile(const struct query_block *block, int64_t at, int64_t end) {
    const int64_t keys = block->tiling->keys, lines = count_lines(block);
    int64_t next = end;
    for (int64_t i = 0; i < lines; i++) {
        const struct line line = line_at(block, i);
        next = min_i64(next, next_in_line(&line, at));
    }
    return next < end ? max_i64(at, next / keys * keys) : end;
}

struct listed units_of_subtile(const struct query_block *block, const struct subtile *sub) {
    struct listed listed = {.any = 0, .all = ~(uint64_t)0};
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++) {
        listed.any |= block->units[block->line[r]];
        listed.all &= block->units[block->line[r]];
    }
    return listed;
}

struct range listed_columns(uint64_t units, const struct tile *tile, struct range columns) {
    while (columns.first < columns.last && !is_listed(units, tile, columns.first))
        columns.first = round_up(tile->at + columns.first + 1, LIST_UNIT) - tile->at;
    while (columns.first < columns.last && !is_listed(units, tile, columns.last - 1))
        columns.last = (tile->at + columns.last - 1) / LIST_UNIT * LIST_UNIT - tile->at;
    return columns;
}

int lists_all(uint64_t units, const struct tile *tile, struct range columns) {
    if (columns.first >= columns.last) return 1;
    const int64_t first = tile->at / LIST_UNIT;
    const uint64_t all =
        bits((tile->at + columns.first) / LIST_UNIT - first, ceil_div(tile->at + columns.last, LIST_UNIT) - first);
    return (units & all) == all;
}

void hide_unlisted(const struct query_block *block, const struct tile *tile, int64_t r, struct range columns,
                   float *numbers, int64_t step) {
    const uint64_t units = units_of_row(block, r);
    if (lists_all(units, tile, columns)) return;
    for (int64_t j = columns.first; j < columns.last; j++)
        if (!is_listed(units, tile, j)) numbers[(j - columns.first) * step] = -INFINITY;
}
