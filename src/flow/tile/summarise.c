/* A second pass over the score tiles, most of which the first one has kept. Of each tile of weights, the sum and the
 * largest per key go to the call's accumulators, and per row its strongest keys and its entropy grow:
 *
 *   H = -sum_j p_j log p_j = sum_j p_j (log total - (s_j - maximum))
 * SPDX-License-Identifier: MIT */
#include "flow/tile/summarise.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/kept.h"
#include "flow/tile/walk.h"

#include <string.h>

/* A sub-tile's weights and scores, and the steps from row to row and from key to key. By lanes the kernels go over
 * them, by rows the loops here. */
struct pair {
    const float *weights, *scores;
    int64_t rows, keys, row_step, key_step;
};

static void sum_entropy(const struct pair *t, const float *base, const float *log_total, float *part) {
    for (int64_t r = 0; r < t->rows; r++) part[r] = 0;
    for (int64_t j = 0; j < t->keys; j++) {
        const float *w = t->weights + j * t->key_step, *s = t->scores + j * t->key_step;
        for (int64_t r = 0; r < t->rows; r++) {
            const float weight = w[r * t->row_step], product = weight * (log_total[r] - (s[r * t->row_step] - base[r]));
            part[r] += weight == 0 ? 0 : product;
        }
    }
}

/* In float over some keys, in double from there on: all terms have one sign, and so may their rounding errors. */
static void add_entropy(struct query_block *block, const struct subtile *sub, const struct pair *t) {
    enum { KEYS = 32 };
    struct block_summaries *s = block->summaries;
    const float *base = s->base + sub->at, *log_total = s->log_total + sub->at;
    for (int64_t j = 0; j < t->keys; j += KEYS) {
        struct pair some = *t;
        some.weights += j * t->key_step, some.scores += j * t->key_step;
        some.keys = min_i64(KEYS, t->keys - j);
        if (t->row_step == 1)
            block->machine->kernels->lanes->entropy(s->part, some.weights, some.scores, t->key_step, some.keys, t->rows,
                                                    base, log_total);
        else
            sum_entropy(&some, base, log_total, s->part);
        for (int64_t r = 0; r < t->rows; r++) s->entropy[sub->at + r] += (double)s->part[r];
    }
}

static void find_largest(const struct pair *t, float *largest) {
    for (int64_t r = 0; r < t->rows; r++) {
        const float *w = t->weights + r * t->row_step;
        largest[r] = 0;
        for (int64_t j = 0; j < t->keys; j++)
            if (w[j * t->key_step] > largest[r]) largest[r] = w[j * t->key_step];
    }
}

/* Few tiles have a weight that belongs to the strongest ones of its row. */
static void add_strongest(struct query_block *block, const struct tile *tile, const struct subtile *sub,
                          const struct pair *t) {
    struct block_summaries *s = block->summaries;
    const int64_t count = block->p->summaries.strongest;
    if (t->row_step == 1)
        block->machine->kernels->lanes->largest(s->part, t->weights, t->key_step, t->keys, t->rows);
    else
        find_largest(t, s->part);
    for (int64_t r = 0; r < t->rows; r++) {
        float *weights = s->weights + (sub->at + r) * count, *least = &weights[count - 1];
        int32_t *keys = s->keys + (sub->at + r) * count;
        for (int64_t j = 0; s->part[r] > *least && j < t->keys; j++) {
            const float weight = t->weights[r * t->row_step + j * t->key_step];
            if (weight > *least) insert_strongest(weights, keys, count, weight, tile->at + sub->from + j);
        }
    }
}

/* The rows' sum first, then that of all sub-tiles: so few small terms meet a large sum. */
static void sum_keys(const struct pair *t, float *sums, float *largest) {
    for (int64_t j = 0; j < t->keys; j++) {
        float sum = 0;
        for (int64_t r = 0; r < t->rows; r++) {
            const float weight = t->weights[r * t->row_step + j * t->key_step];
            sum += weight;
            largest[j] = weight > largest[j] ? weight : largest[j];
        }
        sums[j] += sum;
    }
}

/* Rows of one head of the group. */
static struct pair rows_of_head(const struct query_block *block, const struct subtile *sub, const struct pair *t,
                                int64_t g) {
    const int64_t G = block->p->G, first = (g - (block->row + sub->at) % G + G) % G;
    struct pair own = *t;
    own.weights += first * t->row_step;
    own.rows = first < t->rows ? ceil_div(t->rows - first, G) : 0;
    own.row_step *= G;
    return own;
}

/* Whether a lane of the kernel's sums has rows of the same head in every sub-tile: lane i of head i % G. */
static int has_lanes(const struct query_block *block, const struct subtile *sub, const struct pair *t) {
    const int64_t G = block->p->G;
    return t->row_step == 1 && KEY_LANES % G == 0 && (block->row + sub->at) % G == 0;
}

static void add_keys(struct query_block *block, const struct subtile *sub, const struct pair *t) {
    struct block_summaries *s = block->summaries;
    if (has_lanes(block, sub, t)) {
        block->machine->kernels->lanes->add_keys(s->lane_sums + sub->from * KEY_LANES,
                                                 s->lane_maxima + sub->from * KEY_LANES, t->weights, t->key_step,
                                                 t->keys, t->rows);
        return;
    }
    for (int64_t g = 0; g < block->p->G; g++) {
        const struct pair own = rows_of_head(block, sub, t, g);
        const int64_t at = g * block->tiling->keys + sub->from;
        sum_keys(&own, s->sums + at, s->largest + at);
    }
}

/* Hands the sums of a key on. */
static void flush_key(struct query_block *block, int64_t g, int64_t j) {
    const struct block_summaries *s = block->summaries;
    const int64_t at = g * block->tiling->keys + j;
    float sum = s->sums[at], most = s->largest[at];
    for (int64_t i = j * KEY_LANES + g; i < (j + 1) * KEY_LANES; i += block->p->G) {
        sum += s->lane_sums[i];
        most = s->lane_maxima[i] > most ? s->lane_maxima[i] : most;
    }
    if (sum != 0)
        add_to_key(&s->keys_of_call, summary_place(block->p, block->b, block->k * block->p->G + g, s->at + j),
                   (double)sum, most);
}

static void flush(struct query_block *block) {
    struct block_summaries *s = block->summaries;
    for (int64_t g = 0; g < block->p->G && s->sums; g++)
        for (int64_t j = 0; j < s->count; j++) flush_key(block, g, j);
    s->count = 0;
}

static void open_tile(struct query_block *block, const struct tile *tile) {
    struct block_summaries *s = block->summaries;
    const size_t keys = (size_t)block->tiling->keys, sums = (size_t)block->p->G * keys * sizeof(float),
                 lanes = keys * KEY_LANES * sizeof(float);
    if (s->count && s->at == tile->at) return;
    flush(block);
    s->at = tile->at, s->count = tile->count;
    if (!s->sums) return;
    memset(s->sums, 0, sums);
    memset(s->largest, 0, sums);
    memset(s->lane_sums, 0, lanes);
    memset(s->lane_maxima, 0, lanes);
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

static void summarise_subtile(struct query_block *block, const struct engine *engine, const struct tile *tile,
                              struct subtile *sub) {
    enum cover cover = look(block, engine, tile, sub);
    struct pair t = {.scores = block->spare, .rows = sub->rows, .keys = sub->count};
    if (cover == COVER_NONE) return;
    open_tile(block, tile);
    if (is_kept(block, tile))
        t.scores = restore_scores(block, tile, sub);
    else
        find_scores(block, engine, tile, sub, cover);
    t.weights = engine->score_row(block, sub, 0, &t.key_step);
    t.row_step = score_row_step(engine, block, sub);
    const int64_t numbers = (sub->rows - 1) * t.row_step + (sub->count - 1) * t.key_step + 1;
    if (block->summaries->entropy && t.scores == block->spare)
        memcpy(block->spare, t.weights, (size_t)numbers * sizeof(float));
    engine->normalise(block, sub);
    clear_hidden(block, engine, tile, sub);
    if (block->summaries->entropy) add_entropy(block, sub, &t);
    if (block->p->summaries.strongest) add_strongest(block, tile, sub, &t);
    if (block->summaries->sums) add_keys(block, sub, &t);
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
    block->reads_kept = 1;
    walk_keys(block, engine, (struct range){0, block->p->S}, summarise_subtile);
    flush(block);
    write_rows(block);
}
