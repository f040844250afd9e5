/* The attention weights, if they are an output: a second pass over the score tiles, after maximum and total of every
 * row are known.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/probabilities.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/cover.h"
#include "flow/tile/walk.h"

#include "selfattn.h"

#include <string.h>

/* Whether weights of hidden keys of row r are 0 without further work. In a row that sees a NaN they are not: 0 / NaN is
 * NaN. */
static int hides(const struct query_block *block, int64_t r) {
    return isfinite(1 / block->now.total[r]);
}

static int is_visible(const struct query_block *block, const struct tile *tile, int64_t r, int64_t j) {
    const struct sight sight = sight_of(block, r);
    float bias;
    return visible(block->p, &sight, tile->at + j, &bias);
}

/* Writes the row's scores in the sub-tile's columns, and 0 in the tile's other columns; if `check`, also 0 for hidden
 * keys. */
static void store_row(const struct query_block *block, const struct engine *engine, const struct tile *tile,
                      const struct subtile *sub, int64_t r, int check) {
    const struct view *w = &block->p->weights;
    float *out = view_row(w, block->b, row_head(block, sub->at + r), row_query(block, sub->at + r));
    out += tile->at * w->stride_d;
    int64_t step;
    const float *scores = engine->score_row(block, sub, r, &step);
    for (int64_t j = 0; j < tile->count; j++) {
        int inside = j >= sub->from && j < sub->from + sub->count;
        if (inside && check) inside = is_shown(block, engine, sub, r, j) && is_visible(block, tile, sub->at + r, j);
        out[j * w->stride_d] = inside ? scores[(j - sub->from) * step] : 0;
    }
}

static void write_probabilities(struct query_block *block, const struct engine *engine, const struct tile *tile,
                                struct subtile *sub) {
    enum cover cover = look(block, engine, tile, sub);
    if (cover != COVER_NONE) {
        find_scores(block, engine, tile, sub, cover);
        engine->normalise(block, sub);
    }
    for (int64_t r = 0; r < sub->rows; r++) store_row(block, engine, tile, sub, r, !hides(block, sub->at + r));
}

/* The stages before the softmax: scores of all keys; after masks, those of hidden keys are -infinity. */
static void write_scores(struct query_block *block, const struct engine *engine, const struct tile *tile,
                         struct subtile *sub) {
    int32_t kind = block->p->weights_kind;
    sub->from = 0;
    sub->count = tile->count;
    block->called = 0;
    if (kind == SA_WEIGHTS_BIASED) ask_mask(block, engine, tile, sub);
    engine->scores(block, tile, sub);
    if (kind != SA_WEIGHTS_SCALED && block->p->softcap > 0) engine->softcap(block, sub);
    if (kind == SA_WEIGHTS_BIASED && rules_add(&block->p->rules)) engine->add_rules(block, tile, sub);
    if (kind == SA_WEIGHTS_BIASED && block->p->callbacks.score_mod) modify_scores(block, engine, tile, sub, COVER_EDGE);
    if (kind == SA_WEIGHTS_BIASED) engine->hide(block, tile, sub);
    for (int64_t r = 0; r < sub->rows; r++) store_row(block, engine, tile, sub, r, 0);
}

/* Whether a row sees the tile. Keys that no row sees may have been dropped from the cache. */
static int is_seen(struct query_block *block, const struct engine *engine, const struct tile *tile) {
    for (int64_t r = 0; r < block->rows;) {
        struct subtile sub = subtile_at(block, r);
        r += sub.rows;
        if (look(block, engine, tile, &sub) != COVER_NONE) return 1;
    }
    return 0;
}

void write_weights(struct query_block *block, const struct engine *engine) {
    /* Scores as output have the real numbers of slopes, without the shift, which summaries need again. */
    const int unshifted = block->p->rules.slopes && block->p->weights_kind != SA_WEIGHTS_PROBABILITIES;
    if (unshifted) memset(block->shift, 0, (size_t)block->rows * sizeof *block->shift);
    /* Behind a packed sequence's last key, memory belongs to others. */
    const int64_t S = block->p->S, own = block->p->visible.key_starts ? keys_of(block->p, block->b) : S;
    for (int64_t at = 0; at < S;) {
        struct tile tile = tile_at(block, at, at < own ? own : S);
        at += tile.count;
        if (block->p->weights_kind != SA_WEIGHTS_PROBABILITIES || is_seen(block, engine, &tile))
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
    if (unshifted) find_shifts(block);
}
