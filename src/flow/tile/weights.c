/* The attention weights, when asked for: a second pass over the score tiles, now that maximum and total of every row
 * are known.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/block.h"

#include "selfattn.h"

/* Writes the row's scores in the sub-tile's columns and 0 in the tile's others; nothing but 0 if `empty`. */
static void store_row(const struct block *block, const struct engine *engine, const struct tile *tile,
                      const struct subtile *sub, int64_t r, int empty) {
    const struct view *w = &block->p->weights;
    float *out = view_row(w, block->b, row_head(block, sub->at + r), row_query(block, sub->at + r));
    out += tile->at * w->stride_d;
    int64_t step;
    const float *scores = engine->score_row(block, sub, r, &step);
    for (int64_t j = 0; j < tile->count; j++) {
        int inside = !empty && j >= sub->from && j < sub->from + sub->count;
        out[j * w->stride_d] = inside ? scores[(j - sub->from) * step] : 0;
    }
}

static void write_probabilities(struct block *block, const struct engine *engine, const struct tile *tile,
                                struct subtile *sub) {
    enum cover cover = classify(block, tile, sub);
    if (cover != COVER_NONE) {
        engine->scores(block, tile, sub);
        if (block->p->softcap > 0) engine->softcap(block, sub);
        if (rules_add(&block->p->rules)) engine->add_rules(block, tile, sub);
        if (cover == COVER_EDGE) engine->hide(block, tile, sub);
        engine->normalise(block, sub);
    }
    for (int64_t r = 0; r < sub->rows; r++)
        store_row(block, engine, tile, sub, r, cover == COVER_NONE || !block->now.seen[sub->at + r]);
}

/* The earlier stages: all keys, hidden or not, except that masks turn hidden ones into -infinity. */
static void write_scores(struct block *block, const struct engine *engine, const struct tile *tile,
                         struct subtile *sub) {
    int32_t kind = block->p->weights_kind;
    sub->from = 0;
    sub->count = tile->count;
    engine->scores(block, tile, sub);
    if (kind != SA_WEIGHTS_SCALED && block->p->softcap > 0) engine->softcap(block, sub);
    if (kind == SA_WEIGHTS_BIASED && rules_add(&block->p->rules)) engine->add_rules(block, tile, sub);
    if (kind == SA_WEIGHTS_BIASED) engine->hide(block, tile, sub);
    for (int64_t r = 0; r < sub->rows; r++) store_row(block, engine, tile, sub, r, 0);
}

/* Keys that no row sees need not be there any more. */
static int is_seen(struct block *block, const struct tile *tile) {
    for (int64_t r = 0; r < block->rows;) {
        struct subtile sub = subtile_at(block, r);
        r += sub.rows;
        if (classify(block, tile, &sub) != COVER_NONE) return 1;
    }
    return 0;
}

void write_weights(struct block *block, const struct engine *engine) {
    for (int64_t at = 0; at < block->p->S;) {
        struct tile tile = tile_at(block, at, block->p->S);
        at += tile.count;
        if (block->p->weights_kind != SA_WEIGHTS_PROBABILITIES || is_seen(block, &tile))
            prepare_tile(block, engine, &tile);
        for (int64_t r = 0; r < block->rows;) {
            struct subtile sub = subtile_at(block, r);
            r += sub.rows;
            if (block->p->weights_kind == SA_WEIGHTS_PROBABILITIES)
                write_probabilities(block, engine, &tile, &sub);
            else
                write_scores(block, engine, &tile, &sub);
        }
    }
}
