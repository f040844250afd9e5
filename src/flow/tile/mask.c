/* Hidden scores are replaced by -infinity; adding would not do, since they may be NaN. Mask tensors are added to the
 * others.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/mask.h"
#include "flow/tile/cover.h"
#include "flow/tile/listed.h"

#include <string.h>

/* Whether row r sees a key of the columns, apart from the mask tensor. */
static uint8_t sees_columns(const struct query_block *block, const struct tile *tile, int64_t r, struct range columns) {
    columns = listed_columns(units_of_row(block, r), tile, columns);
    return columns.first < columns.last;
}

/* Whether single keys of the sub-tile may be hidden: by the mask tensor, or by callbacks. */
static int has_mask(const struct query_block *block) {
    return block->called || block->p->visible.mask_kind != MASK_NONE;
}

/* Adds the mask tensor to a row's scores in the columns of its range, and hides those that the mask hides. */
static void apply_mask(struct query_block *block, const struct tile *tile, int64_t r, float *scores,
                       struct range columns) {
    const void *mask = mask_of(block, r);
    for (int64_t j = columns.first; j < columns.last; j++) {
        float bias;
        if (!is_listed(units_of_row(block, r), tile, j)) continue;
        if (block->called && !block->shown[scores + j - block->scores]) {
            scores[j] = -INFINITY;
            continue;
        }
        int shown = mask_allows(&block->p->visible, mask, tile->at + j, &bias);
        scores[j] = shown ? scores[j] + bias : -INFINITY;
        block->now.seen[r] |= (uint8_t)shown;
    }
}

static void hide_row(struct query_block *block, const struct tile *tile, const struct subtile *sub, int64_t r,
                     float *scores) {
    struct range columns = columns_of(block, tile, r);
    int64_t end = sub->from + sub->count, first = min_i64(columns.first, end);
    int64_t last = max_i64(columns.last, max_i64(first, sub->from));
    for (int64_t j = sub->from; j < first; j++) scores[j] = -INFINITY;
    for (int64_t j = last; j < end; j++) scores[j] = -INFINITY;
    hide_unlisted(block, tile, r, (struct range){sub->from, end}, scores + sub->from, 1);
    if (has_mask(block))
        apply_mask(block, tile, r, scores, columns);
    else
        block->now.seen[r] |= sees_columns(block, tile, r, columns);
}

void hide_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++)
        hide_row(block, tile, sub, sub->at + r, block->scores + r * block->tiling->keys);
}

/* One row of the mask tensor as numbers to add, for the sub-tile's columns: -infinity for hidden keys. Zeros without a
 * mask tensor. */
static void read_mask(const struct query_block *block, const struct tile *tile, const struct subtile *sub, int64_t r,
                      float *bias) {
    const struct visibility *v = &block->p->visible;
    const void *row = mask_of(block, r);
    int64_t from = tile->at + sub->from, inside = max_i64(min_i64(sub->count, v->mask_keys - from), 0);
    if (v->mask_kind == MASK_NONE) {
        memset(bias, 0, (size_t)sub->count * sizeof *bias);
        return;
    }
    if (v->mask_kind == MASK_BOOL) {
        const uint8_t *mask = (const uint8_t *)row + from * v->mask_s;
        for (int64_t j = 0; j < inside; j++) bias[j] = mask[j * v->mask_s] ? 0 : -INFINITY;
    } else {
        for (int64_t j = 0; j < inside; j++) bias[j] = element_load(row, v->mask_dtype, (from + j) * v->mask_s);
    }
    for (int64_t j = inside; j < sub->count; j++) bias[j] = -INFINITY;
}

static int any_shown(const float *bias, int64_t first, int64_t last) {
    for (int64_t j = first; j < last; j++)
        if (bias[j] != -INFINITY) return 1;
    return 0;
}

/* Adds the mask tensor; block->bias brings it into the layout of the scores. */
static void add_mask_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    const struct kernels *kernels = block->machine->kernels;
    for (int64_t r = 0; r < sub->rows; r++) {
        struct range columns = columns_of(block, tile, sub->at + r);
        float *bias = block->spare + r * sub->count;
        read_mask(block, tile, sub, sub->at + r, bias);
        hide_unlisted(block, tile, sub->at + r, (struct range){sub->from, sub->from + sub->count}, bias, 1);
        for (int64_t j = 0; block->called && j < sub->count; j++)
            if (!block->shown[j * sub->height + r]) bias[j] = -INFINITY;
        block->now.seen[sub->at + r] |= (uint8_t)any_shown(bias, max_i64(columns.first - sub->from, 0),
                                                           min_i64(columns.last - sub->from, sub->count));
    }
    kernels->rows->transpose(block->bias, sub->height, block->spare, sub->count, sub->rows, sub->count, sub->height);
    kernels->rows->add_mask(block->scores, block->bias, sub->count * sub->height);
}

void hide_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int masked = has_mask(block);
    float *first = block->bias, *last = block->bias + sub->height;
    if (masked) add_mask_lanes(block, tile, sub);
    memset(first, 0, (size_t)(2 * sub->height) * sizeof *first);
    for (int64_t r = 0; r < sub->rows; r++) {
        struct range columns = columns_of(block, tile, sub->at + r);
        if (columns.first >= columns.last) continue;
        first[r] = (float)(columns.first - sub->from);
        last[r] = (float)(columns.last - sub->from);
        if (masked) continue;
        block->now.seen[sub->at + r] |= sees_columns(block, tile, sub->at + r, columns);
        hide_unlisted(block, tile, sub->at + r, (struct range){sub->from, sub->from + sub->count}, block->scores + r,
                      sub->height);
    }
    block->lanes->hide(block->scores, sub->height, sub->count, first, last);
}
