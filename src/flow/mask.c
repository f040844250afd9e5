/* Masks touch only the tiles that they cross: a sub-tile is skipped (nothing visible), full (everything visible) or an
 * edge. SPDX-License-Identifier: MIT */
#include "flow/tile.h"

void find_ranges(struct block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        struct range range = visible_range(block->p, block->b, row_query(block, r));
        block->first[r] = range.first;
        block->last[r] = range.last;
    }
}

/* The row's range within the tile, in columns. */
static struct range columns_of(const struct block *block, const struct tile *tile, int64_t r) {
    return (struct range){max_i64(block->first[r] - tile->at, 0), min_i64(block->last[r] - tile->at, tile->keys)};
}

static int row_sees_any(const struct block *block, const struct tile *tile, int64_t r) {
    struct range columns = columns_of(block, tile, r);
    const void *mask = mask_of(block, r);
    float bias;
    for (int64_t j = columns.first; j < columns.last; j++)
        if (mask_allows(&block->p->visible, mask, tile->at + j, &bias)) return 1;
    return 0;
}

/* With a mask tensor a tile is an edge as soon as one element is visible. */
static enum cover classify_masked(const struct block *block, const struct tile *tile, const struct subtile *sub) {
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++)
        if (row_sees_any(block, tile, r)) return COVER_EDGE;
    return COVER_NONE;
}

enum cover classify(const struct block *block, const struct tile *tile, struct subtile *sub) {
    struct range any = {tile->keys, 0}, all = {0, tile->keys};
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++) {
        struct range columns = columns_of(block, tile, r);
        all.first = max_i64(all.first, columns.first);
        all.last = min_i64(all.last, columns.last);
        if (columns.first >= columns.last) continue;
        any.first = min_i64(any.first, columns.first);
        any.last = max_i64(any.last, columns.last);
    }
    sub->from = any.first / SUM_UNIT * SUM_UNIT;
    sub->keys = max_i64(any.last - sub->from, 0);
    if (any.first >= any.last) return COVER_NONE;
    if (block->p->visible.mask_kind != MASK_NONE) return classify_masked(block, tile, sub);
    return all.first <= sub->from && all.last == any.last ? COVER_FULL : COVER_EDGE;
}

/* Adds the mask tensor to the scores of columns that the row's range leaves, and hides those that it forbids. */
static void apply_mask(struct block *block, const struct tile *tile, int64_t r, float *scores, struct range columns) {
    const void *mask = mask_of(block, r);
    for (int64_t j = columns.first; j < columns.last; j++) {
        float bias;
        int shown = mask_allows(&block->p->visible, mask, tile->at + j, &bias);
        scores[j] = shown ? scores[j] + bias : -INFINITY;
        block->seen[r] |= (uint8_t)shown;
    }
}

/* Hidden scores are replaced, not added to: they may be NaN. */
static void hide_row(struct block *block, const struct tile *tile, const struct subtile *sub, int64_t r,
                     float *scores) {
    struct range columns = columns_of(block, tile, r);
    int64_t end = sub->from + sub->keys, first = min_i64(columns.first, end),
            last = max_i64(columns.last, max_i64(first, sub->from));
    for (int64_t j = sub->from; j < first; j++) scores[j] = -INFINITY;
    for (int64_t j = last; j < end; j++) scores[j] = -INFINITY;
    if (block->p->visible.mask_kind != MASK_NONE)
        apply_mask(block, tile, r, scores, columns);
    else
        block->seen[r] |= columns.first < columns.last;
}

void hide(struct block *block, const struct tile *tile, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++)
        hide_row(block, tile, sub, sub->at + r, block->scores + r * block->tiling->keys);
}
