/* Block lists in the tiled paths: which keys of a tile they name for each row. Without a list, all.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_LISTED_H
#define SA_FLOW_TILE_LISTED_H

#include "flow/tile/geometry.h"

static inline int has_list(const struct query_block *block) {
    return block->p->blocks.offsets != NULL;
}

/* Numbers the lines of the list that the query block's rows have. */
void find_lines(struct query_block *block);

/* Finds the units of a tile with these keys that each line names, for the functions below. */
void find_units(struct query_block *block, struct range keys);

/* The first key from `at` on that a row's line names, moved back to where its tile begins; `end` if there is none. */
int64_t next_listed_tile(const struct query_block *block, int64_t at, int64_t end);

static inline int64_t next_tile(const struct query_block *block, int64_t at, int64_t end) {
    return has_list(block) && at < end ? next_listed_tile(block, at, end) : at;
}

/* The units that the lines of a sub-tile's rows name: at least one of them, and all of them. */
struct listed {
    uint64_t any, all;
};
struct listed units_of_subtile(const struct query_block *block, const struct subtile *sub);

static inline uint64_t units_of_row(const struct query_block *block, int64_t r) {
    return has_list(block) ? block->units[block->line[r]] : ~(uint64_t)0;
}

/* Units lie at multiples of LIST_UNIT of the sequence, also where a tile begins within one. */
static inline int is_listed(uint64_t units, const struct tile *tile, int64_t column) {
    return (int)(units >> ((tile->at + column) / LIST_UNIT - tile->at / LIST_UNIT) & 1);
}

/* The columns without unnamed units at both ends; empty when first >= last. */
struct range listed_columns(uint64_t units, const struct tile *tile, struct range columns);

/* Whether all columns are named. */
int lists_all(uint64_t units, const struct tile *tile, struct range columns);

/* Sets the numbers of columns that row r's line does not name to -infinity: numbers[0] is that of the first column, the
 * others follow `step` floats apart. */
void hide_unlisted(const struct query_block *block, const struct tile *tile, int64_t r, struct range columns,
                   float *numbers, int64_t step);

#endif
