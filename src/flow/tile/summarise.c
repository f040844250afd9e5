/* A second pass over the score tiles, as for the weights themselves. Of each tile of weights, the sum and the largest
 * per key go to the call's accumulators, and per row its strongest keys and its entropy grow:
 *
 *   H = -sum_j p_j log p_j = sum_j p_j (log total - (s_j - maximum))
 * SPDX-License-Identifier: MIT */
#include "flow/tile/summarise.h"
#include "base/compiler.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/walk.h"

#include <string.h>

/* A sub-tile's weights and scores, and the steps from row to row and from key to key. */
struct pair {
    const float *weights, *scores;
    int64_t rows, keys, row_step, key_step;
};

/* In float within a tile, in double from tile to tile. */
static ALWAYS_INLINE void add_entropy(const struct pair *t, const float *base, const float *log_total, float *part,
                                      double *entropy) {
    for (int64_t r = 0; r < t->rows; r++) part[r] = 0;
    for (int64_t j = 0; j < t->keys; j++) {
        const float *w = t->weights + j * t->key_step, *s = t->scores + j * t->key_step;
        for (int64_t r = 0; r < t->rows; r++) {
            const float weight = w[r * t->row_step], product = weight * (log_total[r] - (s[r * t->row_step] - base[r]));
            part[r] += weight == 0 ? 0 : product;
        }
    }
    for (int64_t r = 0; r < t->rows; r++) entropy[r] += (double)part[r];
}

static ALWAYS_INLINE void add_strongest(const struct pair *t, int64_t first_key, int64_t count, float *weights,
                                        int32_t *keys, float *least) {
    for (int64_t j = 0; j < t->keys; j++) {
        const float *w = t->weights + j * t->key_step;
        int any = 0;
        for (int64_t r = 0; r < t->rows; r++) any |= w[r * t->row_step] > least[r];
        for (int64_t r = 0; any && r < t->rows; r++) {
            if (!(w[r * t->row_step] > least[r])) continue;
            insert_strongest(weights + r * count, keys + r * count, count, w[r * t->row_step], first_key + j);
            least[r] = weights[r * count + count - 1];
        }
    }
}

/* Sums of up to 8 rows side by side, so that they can share a register. */
enum { SIDE = 8 };

static ALWAYS_INLINE void add_keys(const struct pair *t, float *sums, float *largest) {
    for (int64_t j = 0; j < t->keys; j++) {
        const float *w = t->weights + j * t->key_step;
        float sum[SIDE] = {0}, most[SIDE] = {0};
        int64_t r = 0;
        for (; r + SIDE <= t->rows; r += SIDE)
            for (int i = 0; i < SIDE; i++) {
                const float weight = w[(r + i) * t->row_step];
                sum[i] += weight;
                most[i] = weight > most[i] ? weight : most[i];
            }
        for (; r < t->rows; r++) {
            sum[0] += w[r * t->row_step];
            most[0] = w[r * t->row_step] > most[0] ? w[r * t->row_step] : most[0];
        }
        for (int i = 1; i < SIDE; i++) {
            sum[0] += sum[i];
            most[0] = most[i] > most[0] ? most[i] : most[0];
        }
        sums[j] += sum[0];
        largest[j] = most[0] > largest[j] ? most[0] : largest[j];
    }
}

/* Rows of one head of the group. */
static struct pair rows_of_head(const struct query_block *block, const struct subtile *sub, const struct pair *t,
                                int64_t g, int64_t *first) {
    const int64_t G = block->p->G, at = (block->row + sub->at) % G;
    struct pair own = *t;
    *first = (g - at + G) % G;
    own.weights += *first * t->row_step;
    own.rows = *first < t->rows ? ceil_div(t->rows - *first, G) : 0;
    own.row_step *= G;
    return own;
}

/* Hands the sums of the tile's keys on. */
static void flush(struct query_block *block) {
    struct block_summaries *s = block->summaries;
    const int64_t keys = block->tiling->keys;
    for (int64_t g = 0; g < block->p->G && s->sums; g++)
        for (int64_t j = 0; j < s->count; j++) {
            const float sum = s->sums[g * keys + j];
            if (sum != 0)
                add_to_key(&s->keys_of_call, summary_place(block->p, block->b, block->k * block->p->G + g, s->at + j),
                           (double)sum, s->largest[g * keys + j]);
        }
    s->count = 0;
}

static void open_tile(struct query_block *block, const struct tile *tile) {
    struct block_summaries *s = block->summaries;
    const size_t bytes = (size_t)(block->p->G * block->tiling->keys) * sizeof(float);
    if (s->count && s->at == tile->at) return;
    flush(block);
    s->at = tile->at, s->count = tile->count;
    if (!s->sums) return;
    memset(s->sums, 0, bytes);
    memset(s->largest, 0, bytes);
}

/* In a row that sees a NaN, weights of hidden keys are 0 / NaN. */
static void clear_hidden(struct query_block *block, const struct engine *engine, const struct tile *tile,
                         const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++) {
        if (isfinite(1 / block->now.total[sub->at + r])) continue;
        const struct sight sight = sight_of(block, sub->at + r);
        int64_t step;
        const float *row = engine->score_row(block, sub, r, &step);
        float bias, *weights = block->scores + (row - block->scores);
        for (int64_t j = 0; j < sub->count; j++)
            if (!is_shown(block, engine, sub, r, sub->from + j) ||
                !visible(block->p, &sight, tile->at + sub->from + j, &bias))
                weights[j * step] = 0;
    }
}

static ALWAYS_INLINE void add_pair(struct query_block *block, const struct tile *tile, const struct subtile *sub,
                                   const struct pair *t) {
    struct block_summaries *s = block->summaries;
    const int64_t count = block->p->summaries.strongest, keys = block->tiling->keys;
    if (s->entropy) add_entropy(t, s->base + sub->at, s->log_total + sub->at, s->part, s->entropy + sub->at);
    if (count)
        add_strongest(t, tile->at + sub->from, count, s->weights + sub->at * count, s->keys + sub->at * count,
                      s->least + sub->at);
    for (int64_t g = 0; g < block->p->G && s->sums; g++) {
        int64_t first;
        const struct pair own = block->p->G == 1 ? *t : rows_of_head(block, sub, t, g, &first);
        add_keys(&own, s->sums + g * keys + sub->from, s->largest + g * keys + sub->from);
    }
}

static void summarise_subtile(struct query_block *block, const struct engine *engine, const struct tile *tile,
                              struct subtile *sub) {
    enum cover cover = look(block, engine, tile, sub);
    struct pair t = {.scores = block->spare, .rows = sub->rows, .keys = sub->count};
    if (cover == COVER_NONE) return;
    open_tile(block, tile);
    find_scores(block, engine, tile, sub, cover);
    t.weights = engine->score_row(block, sub, 0, &t.key_step);
    t.row_step = score_row_step(engine, block, sub);
    const int64_t numbers = (sub->rows - 1) * t.row_step + (sub->count - 1) * t.key_step + 1;
    if (block->summaries->entropy) memcpy(block->spare, t.weights, (size_t)numbers * sizeof(float));
    engine->normalise(block, sub);
    clear_hidden(block, engine, tile, sub);
    if (t.row_step == 1) {
        const struct pair lanes = {t.weights, t.scores, t.rows, t.keys, 1, t.key_step};
        add_pair(block, tile, sub, &lanes);
    } else {
        add_pair(block, tile, sub, &t);
    }
}

static void open_rows(struct query_block *block) {
    struct block_summaries *s = block->summaries;
    const int64_t count = block->p->summaries.strongest;
    for (int64_t r = 0; r < round_up(block->rows, block->tiling->rows); r++)
        if (r >= block->rows || !block->now.seen[r]) block->now.total[r] = 1;
    for (int64_t r = 0; r < block->rows; r++) {
        if (s->entropy) {
            s->entropy[r] = 0;
            s->base[r] = base_of(block, r);
            s->log_total[r] = logf(block->now.total[r]);
        }
        if (!count) continue;
        s->least[r] = 0;
        for (int64_t i = 0; i < count; i++) s->weights[r * count + i] = 0, s->keys[r * count + i] = -1;
    }
    s->count = 0;
}

static void write_rows(const struct query_block *block) {
    const struct summaries *out = &block->p->summaries;
    const struct block_summaries *s = block->summaries;
    const int64_t count = out->strongest;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t h = row_head(block, r), t = row_query(block, r);
        if (s->entropy) view_store(&out->entropy, view_row(&out->entropy, block->b, h, t), 0, (float)s->entropy[r]);
        if (!count) continue;
        memcpy(strongest_keys_of(block->p, block->b, h, t), s->keys + r * count, (size_t)count * sizeof *s->keys);
        for (int64_t i = 0; i < count; i++)
            view_store(&out->strongest_weights, view_row(&out->strongest_weights, block->b, h, t), i,
                       s->weights[r * count + i]);
    }
}

void summarise(struct query_block *block, const struct engine *engine) {
    open_rows(block);
    walk_keys(block, engine, (struct range){0, block->p->S}, summarise_subtile);
    flush(block);
    write_rows(block);
}
