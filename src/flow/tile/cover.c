/* Masks touch only the tiles that they cross: a sub-tile is skipped (nothing visible), full (everything visible) or an
 * edge.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/cover.h"
#include "flow/tile/dropout.h"
#include "flow/tile/listed.h"

static struct extent extent_of(const struct query_block *block, const struct subtile *sub) {
    struct extent e = {.any = {INT64_MAX, 0}, .all = {0, INT64_MAX}, .kept_any = {0, 0}, .kept_all = {0, INT64_MAX}};
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++) {
        e.all.first = max_i64(e.all.first, block->first[r]);
        e.all.last = min_i64(e.all.last, block->last[r]);
        e.kept_all.last = min_i64(e.kept_all.last, block->last[r]);
        e.kept_any.last = max_i64(e.kept_any.last, block->last[r]);
        if (block->first[r] >= block->last[r]) continue;
        e.any.first = min_i64(e.any.first, block->first[r]);
        e.any.last = max_i64(e.any.last, block->last[r]);
    }
    return e;
}

/* The rows of one query have one range; without causality and window all have the same. */
static void fill_ranges(struct query_block *block) {
    int64_t same = block->p->visible.causal || block->p->visible.window ? block->p->G : block->p->G * block->p->T;
    for (int64_t r = 0; r < block->rows;) {
        struct range range = visible_range(block->p, block->b, row_query(block, r));
        int64_t end = min_i64(block->rows, round_up(block->row + r + 1, same) - block->row);
        for (; r < end; r++) {
            block->first[r] = range.first;
            block->last[r] = range.last;
        }
    }
}

void find_shifts(struct query_block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        const struct sight sight = sight_of(block, r);
        block->shift[r] = nearest_distance(block->p, &sight, position_of(block->p, block->b, row_query(block, r)));
    }
}

void find_ranges(struct query_block *block) {
    fill_ranges(block);
    if (has_list(block)) find_lines(block);
    if (drops(&block->p->dropout)) number_rows(block);
    if (block->p->rules.slopes) find_shifts(block);
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        block->extents[sub.number] = extent_of(block, &sub);
        at += sub.rows;
    }
}

struct range keys_of_block(const struct query_block *block) {
    struct range all = {block->p->S, 0};
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        struct range any = block->extents[sub.number].any;
        at += sub.rows;
        if (any.first >= any.last) continue;
        all.first = min_i64(all.first, any.first);
        all.last = max_i64(all.last, any.last);
    }
    return all;
}

/* Tiles begin at multiples of tiling.keys of the sequence, so a key's tile never depends on the query or on padding.
 * They also begin behind the keys that a window keeps. */
struct tile tile_at(struct query_block *block, int64_t at, int64_t end) {
    int64_t keys = block->tiling->keys, keep = block->p->visible.keep, next = round_up(at + 1, keys);
    if (at < keep && keep < next) next = keep;
    const struct range of_tile = {at, min_i64(next, end)};
    if (has_list(block)) find_units(block, of_tile);
    return (struct tile){.at = at, .count = of_tile.last - at};
}

/* A range of keys as columns of the tile; empty when first >= last. */
static struct range in_tile(struct range keys, const struct tile *tile) {
    return (struct range){max_i64(keys.first - tile->at, 0), min_i64(keys.last - tile->at, tile->count)};
}

/* Whether the tile has keys that a window keeps. A tile has only such keys, or none. */
static int is_kept(const struct query_block *block, const struct tile *tile) {
    return tile->at < block->p->visible.keep;
}

struct range columns_of(const struct query_block *block, const struct tile *tile, int64_t r) {
    return in_tile((struct range){is_kept(block, tile) ? 0 : block->first[r], block->last[r]}, tile);
}

static int row_sees_any(const struct query_block *block, const struct tile *tile, int64_t r) {
    struct range columns = columns_of(block, tile, r);
    const void *mask = mask_of(block, r);
    float bias;
    for (int64_t j = columns.first; j < columns.last; j++)
        if (is_listed(units_of_row(block, r), tile, j) && mask_allows(&block->p->visible, mask, tile->at + j, &bias))
            return 1;
    return 0;
}

/* With a mask tensor a tile is an edge as soon as one element is visible. */
static int sees_any(const struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++)
        if (row_sees_any(block, tile, r)) return 1;
    return 0;
}

enum cover classify(const struct query_block *block, const struct tile *tile, struct subtile *sub) {
    const struct extent *e = &block->extents[sub->number];
    struct range any = in_tile(is_kept(block, tile) ? e->kept_any : e->any, tile),
                 all = in_tile(is_kept(block, tile) ? e->kept_all : e->all, tile);
    int masked = block->p->visible.mask_kind != MASK_NONE;
    struct listed listed = {0};
    if (has_list(block)) {
        listed = units_of_subtile(block, sub);
        any = listed_columns(listed.any, tile, any);
    }
    sub->from = sub->count = 0;
    if (any.first >= any.last || (masked && !sees_any(block, tile, sub))) return COVER_NONE;
    sub->from = any.first / SUM_UNIT * SUM_UNIT;
    sub->count = any.last - sub->from;
    int in_range = all.first <= sub->from && all.last >= any.last;
    int all_listed = !has_list(block) || lists_all(listed.all, tile, (struct range){sub->from, any.last});
    return !masked && in_range && all_listed ? COVER_FULL : COVER_EDGE;
}
