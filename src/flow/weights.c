/* The attention weights, when asked for: a second pass over the score tiles, now that maximum and total of every row
 * are known. SPDX-License-Identifier: MIT */
#include "flow/tile.h"

#include "selfattn.h"

/* Writes the row's scores in the sub-tile's columns, 0 in the tile's others; scores NULL: 0 everywhere. */
static void store_row(const struct block *block, const struct tile *tile, const struct subtile *sub, int64_t r,
                      const float *scores) {
    const struct view *w = &block->p->weights;
    float *out = view_row(w, block->b, row_head(block, r), row_query(block, r)) + tile->at * w->stride_d;
    for (int64_t j = 0; j < tile->keys; j++) {
        int inside = scores && j >= sub->from && j < sub->from + sub->keys;
        out[j * w->stride_d] = inside ? scores[j] : 0;
    }
}

/* exp(score - maximum) / total in place. */
static void normalise(struct block *block, const struct subtile *sub, int64_t r, float *scores) {
    const struct kernels *kernels = block->machine->kernels;
    float base = block->maximum[r] == -INFINITY ? 0 : block->maximum[r];
    kernels->row_exp_sum(scores + sub->from, sub->keys, base);
    kernels->row_scale(scores + sub->from, sub->keys, 1 / block->total[r]);
}

static void write_probabilities(struct block *block, const struct tile *tile, struct subtile *sub) {
    enum cover cover = classify(block, tile, sub);
    if (cover != COVER_NONE) compute_scores(block, sub, 1);
    if (cover == COVER_EDGE) hide(block, tile, sub);
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++) {
        float *scores = block->scores + (r - sub->at) * block->tiling->keys;
        int empty = cover == COVER_NONE || !block->seen[r];
        if (!empty) normalise(block, sub, r, scores);
        store_row(block, tile, sub, r, empty ? NULL : scores);
    }
}

/* The earlier stages: all keys, hidden or not, except that masks turn hidden ones into -infinity. */
static void write_scores(struct block *block, const struct tile *tile, struct subtile *sub) {
    int32_t kind = block->p->weights_kind;
    sub->from = 0;
    sub->keys = tile->keys;
    compute_scores(block, sub, kind != SA_WEIGHTS_SCALED);
    if (kind == SA_WEIGHTS_BIASED) hide(block, tile, sub);
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++)
        store_row(block, tile, sub, r, block->scores + (r - sub->at) * block->tiling->keys);
}

void write_weights(struct block *block) {
    for (int64_t at = 0; at < block->p->S; at += block->tiling->keys) {
        struct tile tile = {.at = at, .keys = min_i64(block->tiling->keys, block->p->S - at)};
        pack_keys(block, &tile);
        for (int64_t r = 0; r < block->rows;) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            if (block->p->weights_kind == SA_WEIGHTS_PROBABILITIES)
                write_probabilities(block, &tile, &sub);
            else
                write_scores(block, &tile, &sub);
        }
    }
}
