/* The tiled path's working state: a block of query rows against a tile of keys at a time.
 *
 * Each file does one step of   scores -> mask -> softmax -> weigh   on a sub-tile, which is a run of at most
 * tiling.rows rows of the block; block.c calls them in that order. SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_H
#define SA_FLOW_TILE_H

#include "flow/attention.h"
#include "flow/visible.h"

/* A block and its worker's buffers, laid out as struct scratch_map says. */
struct block {
    const struct machine *machine;
    const struct problem *p;
    const struct tiling *tiling;
    int64_t b, k;      /* sequence, key/value head */
    int64_t row, rows; /* first row among the G*T rows of the head's group, and how many */
    float *query, *keys_t, *values, *scores, *sums, *maximum, *total;
    int64_t *first, *last;
    uint8_t *seen, *odd;
};

/* Keys at .. at + keys of the sequence, and what is known about their values. */
struct tile {
    int64_t at, keys;
    const float *values; /* where the products read values: as they lie, or block->values */
    int64_t values_ld;
    int odd; /* some values hold NaN or infinity: block->odd says which keys, and `values` is a copy in which they are
                zero */
};

/* Rows of the block from `at` on, at most tiling.rows of them, against columns `from` .. from + keys of the tile: a
 * multiple of SUM_UNIT to begin with, and no more than some row may see. */
struct subtile {
    int64_t at, rows;
    int64_t height; /* rows of the products: past `rows` the packed queries are zero */
    int64_t from, keys;
};

/* How a sub-tile and a tile of keys stand to each other. */
enum cover { COVER_NONE, COVER_FULL, COVER_EDGE };

/* Row r of the block: which head and query it is. */
static inline int64_t row_head(const struct block *block, int64_t r) {
    return block->k * block->p->G + (block->row + r) % block->p->G;
}
static inline int64_t row_query(const struct block *block, int64_t r) {
    return (block->row + r) / block->p->G;
}

/* The sub-tile that begins at row `at` of the block. Its height as the products see it depends on its place alone, not
 * on where the queries end: a BLAS may round a row differently in a product of another height. The very first is low,
 * for short sequences. */
static inline struct subtile subtile_at(const struct block *block, int64_t at) {
    const struct tiling *t = block->tiling;
    int64_t end = block->row + at == 0 ? t->first_rows : round_up(at + 1, t->rows);
    return (struct subtile){.at = at, .rows = min_i64(end, block->rows) - at, .height = end - at};
}

/* Its row of the mask tensor, NULL where there is none. */
static inline const void *mask_of(const struct block *block, int64_t r) {
    if (block->p->visible.mask_kind == MASK_NONE) return NULL;
    return mask_row(&block->p->visible, block->b, row_head(block, r), row_query(block, r));
}

/* pack.c: bring operands into the order that the products want. */
void pack_queries(struct block *block);
void pack_keys(struct block *block, const struct tile *tile);
void prepare_values(struct block *block, struct tile *tile);

/* scores.c: block->scores = scale * Q K^T, then softcap (`capped`), for one sub-tile. Row length tiling.keys. */
void compute_scores(struct block *block, const struct subtile *sub, int capped);

/* mask.c: which keys each row may see; how a sub-tile stands to a tile, with its columns; -infinity where they do not.
 */
void find_ranges(struct block *block);
enum cover classify(const struct block *block, const struct tile *tile, struct subtile *sub);
void hide(struct block *block, const struct tile *tile, const struct subtile *sub);

/* softmax.c: scores become exp(score - maximum); totals and what is already summed are rescaled where the maximum grew.
 */
void online_softmax(struct block *block, const struct subtile *sub);

/* weigh.c: sums += probabilities * values; `first` tile of the sub-tile overwrites. */
void weigh(struct block *block, const struct tile *tile, const struct subtile *sub, int first);

/* finish.c: sums / totals into the output, log-sum-exp. */
void finish(struct block *block);

/* weights.c: the optional second pass that writes the attention weights. */
void write_weights(struct block *block);

#endif
