/* A sub-tile has the rows of several heads. A callback gets those of one head at a time.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/callbacks.h"

#include <string.h>

/* The rows of a sub-tile of one head of the group, as callbacks get them; none if tile.queries is 0. */
static sa_score_tile tile_of(const struct query_block *block, const struct engine *engine, const struct tile *tile,
                             const struct subtile *sub, int64_t g) {
    const int64_t G = block->p->G, at = block->row + sub->at, first = (g - at % G + G) % G;
    int64_t key_stride;
    const float *scores = engine->score_row(block, sub, first, &key_stride);
    return (sa_score_tile){.struct_size = sizeof(sa_score_tile),
                           .sequence = block->b,
                           .head = block->k * G + g,
                           .query = (at + first) / G,
                           .key = tile->at + sub->from,
                           .queries = first < sub->rows ? ceil_div(sub->rows - first, G) : 0,
                           .keys = sub->count,
                           .query_stride = score_row_step(engine, block, sub) * G,
                           .key_stride = key_stride,
                           .values = block->scores + (scores - block->scores),
                           .visible = block->shown + (scores - block->scores)};
}

static void show(const sa_score_tile *t, uint8_t value) {
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t j = 0; j < t->keys; j++) t->visible[i * t->query_stride + j * t->key_stride] = value;
}

/* What the mask says about the rows of one head; marks are written in any case. */
static int32_t ask(const struct score_callbacks *calls, sa_score_tile t) {
    t.values = NULL;
    int32_t answer = SA_TILE_SOME;
    if (calls->mask_tile) answer = calls->mask_tile(calls->user, &t);
    show(&t, answer != SA_TILE_NONE);
    if (answer != SA_TILE_NONE && answer != SA_TILE_ALL && calls->mask_mod) calls->mask_mod(calls->user, &t);
    return answer;
}

enum cover ask_mask(struct query_block *block, const struct engine *engine, const struct tile *tile,
                    const struct subtile *sub) {
    const struct score_callbacks *calls = &block->p->callbacks;
    int all = 1, none = 1;
    if (!calls->mask_tile && !calls->mask_mod) return COVER_FULL;
    for (int64_t g = 0; g < block->p->G; g++) {
        const sa_score_tile t = tile_of(block, engine, tile, sub, g);
        if (!t.queries) continue;
        const int32_t answer = ask(calls, t);
        all &= answer == SA_TILE_ALL;
        none &= answer == SA_TILE_NONE;
    }
    block->called = !all;
    return none ? COVER_NONE : all ? COVER_FULL : COVER_EDGE;
}

enum cover look(struct query_block *block, const struct engine *engine, const struct tile *tile, struct subtile *sub) {
    enum cover cover = classify(block, tile, sub);
    block->called = 0;
    if (cover == COVER_NONE) return cover;
    enum cover asked = ask_mask(block, engine, tile, sub);
    if (asked == COVER_NONE) sub->from = sub->count = 0;
    return asked == COVER_FULL ? cover : asked;
}

/* Marks scores of -infinity as hidden; returns whether there are any. */
static int mark_hidden(const sa_score_tile *t) {
    int any = 0;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t j = 0; j < t->keys; j++)
            if (t->values[i * t->query_stride + j * t->key_stride] == -INFINITY) {
                t->visible[i * t->query_stride + j * t->key_stride] = 0;
                any = 1;
            }
    return any;
}

enum cover modify_scores(struct query_block *block, const struct engine *engine, const struct tile *tile,
                         const struct subtile *sub, enum cover cover) {
    const struct score_callbacks *calls = &block->p->callbacks;
    int hidden = 0;
    for (int64_t g = 0; g < block->p->G; g++) {
        const sa_score_tile t = tile_of(block, engine, tile, sub, g);
        if (!t.queries) continue;
        sa_score_tile call = t;
        call.visible = NULL;
        if (!block->called) show(&t, 1);
        calls->score_mod(calls->user, &call);
        hidden |= mark_hidden(&t);
    }
    block->called |= hidden;
    return hidden ? COVER_EDGE : cover;
}

void modify_probabilities(struct query_block *block, const struct engine *engine, const struct tile *tile,
                          const struct subtile *sub) {
    const struct score_callbacks *calls = &block->p->callbacks;
    for (int64_t g = 0; g < block->p->G; g++) {
        sa_score_tile t = tile_of(block, engine, tile, sub, g);
        t.visible = NULL;
        if (t.queries) calls->prob_mod(calls->user, &t);
    }
}
