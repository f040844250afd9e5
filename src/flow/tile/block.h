/* The tiled paths' working state: a block of query rows against one tile of keys at a time.
 *
 * Each file of this folder does one step of   pack -> scores -> mask -> softmax -> weigh -> finish   and has it in up
 * to three versions, for two layouts:
 *
 *   by rows    score tiles are [row][key]; the products are cblas_sgemm calls (SA_PATH_BLAS)
 *   by lanes   score tiles are [key][row], a register holds the same key's scores for several rows, and nothing ever
 *              crosses rows; the products are our own kernels (SA_PATH_FUSED), or those of a matrix unit, whose
 *              operands are bf16 and have layouts of their own (precisions below SA_PRECISION_HIGHEST)
 *
 * block.c walks; a struct engine holds the steps of one layout.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_BLOCK_H
#define SA_FLOW_TILE_BLOCK_H

#include "flow/attention.h"
#include "flow/visible.h"

/* Which keys some row of a sub-tile may see by its range, and which all may; empty where first >= last. kept_any and
 * kept_all are the same for keys below visible.keep, which ranges have from 0 on. */
struct extent {
    struct range any, all, kept_any, kept_all;
};

/* What the rows of a block have so far; struct state_map describes it. */
struct state {
    float *sums, *maximum, *total;
    uint8_t *seen;
};

/* A block and its worker's buffers, which struct scratch_map describes. */
struct block {
    const struct machine *machine;
    const struct problem *p;
    const struct tiling *tiling;
    int64_t b, k;               /* sequence, key/value head */
    int64_t row, rows;          /* first row among the G*T rows of the head's group, and how many */
    const struct view *queries; /* those that are packed; NULL: none yet */
    float *query, *keys, *values, *scores, *shrink, *bias, *strip, *spare;
    uint16_t *matrix_query, *matrix_keys, *matrix_values, *matrix_weights;
    int64_t parts;
    int64_t *first, *last;
    uint8_t *odd;
    int careful;      /* values are searched for NaN and infinities before they are weighed */
    struct state now; /* of the chunk of keys at hand */
    struct extent extents[MOST_SUBTILES];
};

/* Keys at .. at + count of the sequence, where the products read them and their values, and what is known about those.
 */
struct tile {
    int64_t at, count;
    const void *keys, *values; /* as they lie, or in block->keys and block->values */
    int64_t keys_ld, values_ld;
    int32_t keys_dtype, values_dtype; /* SA_F32, but for the kernels for few rows */
    const uint16_t *matrix_keys;      /* on a matrix unit, where values are in block->matrix_values */
    int64_t matrix_keys_ld;
    int odd; /* some values are NaN or infinite: block->odd says which, and `values` is a copy in which they are zero */
};

/* Rows of the block from `at` on, against columns `from` .. from + count of the tile, which begin at a multiple of
 * SUM_UNIT and are no more than some row may see. */
struct subtile {
    int64_t at, rows;
    int64_t number; /* in the block: which of its extents */
    int64_t height; /* rows as the products see them: past `rows` the packed queries are zero */
    int64_t from, count;
};

/* How a sub-tile and a tile of keys stand to each other. */
enum cover { COVER_NONE, COVER_FULL, COVER_EDGE };

/* The steps of one layout. */
struct engine {
    void (*pack_queries)(struct block *block);               /* block->queries */
    void (*prepare)(struct block *block, struct tile *tile); /* keys and values of a tile */
    /* block->scores = scale * Q K^T for one sub-tile */
    void (*scores)(struct block *block, const struct tile *tile, const struct subtile *sub);
    void (*softcap)(struct block *block, const struct subtile *sub);
    /* scores are increased by what rules say */
    void (*add_rules)(struct block *block, const struct tile *tile, const struct subtile *sub);
    /* hidden scores become -infinity, mask tensors are added */
    void (*hide)(struct block *block, const struct tile *tile, const struct subtile *sub);
    /* scores become exp(score - maximum); maximum and total follow, shrink says what earlier sums are worth */
    void (*softmax)(struct block *block, const struct subtile *sub);
    /* sums = sums * shrink + weights * values */
    void (*weigh)(struct block *block, const struct tile *tile, const struct subtile *sub);
    /* where steps keep the sums of a chunk of keys in an order of their own: into that of merge and finish; or NULL */
    void (*settle)(struct block *block);
    /* what another chunk of keys gave is added to `into` */
    void (*merge)(const struct block *block, const struct state *into, const struct state *from);
    /* sums / totals into the output view */
    void (*finish)(struct block *block);
    /* for the second pass: scores become exp(score - maximum) / total */
    void (*normalise)(struct block *block, const struct subtile *sub);
    /* where the scores of row `row` of the sub-tile begin, and the distance from one key to the next */
    const float *(*score_row)(const struct block *block, const struct subtile *sub, int64_t row, int64_t *step);
};
extern const struct engine engine_rows, engine_lanes, engine_matrix;

/* Row r of the block: which head and query it is. */
static inline int64_t row_head(const struct block *block, int64_t r) {
    return block->k * block->p->G + (block->row + r) % block->p->G;
}
static inline int64_t row_query(const struct block *block, int64_t r) {
    return (block->row + r) / block->p->G;
}

/* Its row of the mask tensor, NULL where there is none. */
static inline const void *mask_of(const struct block *block, int64_t r) {
    if (block->p->visible.mask_kind == MASK_NONE) return NULL;
    return mask_row(&block->p->visible, block->b, row_head(block, r), row_query(block, r));
}

/* The sub-tile that begins at row `at` of the block. By rows its height depends on its place alone, not on where the
 * queries end, since a BLAS may round a row differently in a product of another height; the very first is low, for
 * short sequences. By lanes it is the number of rows rounded up to whole registers. */
static inline struct subtile subtile_at(const struct block *block, int64_t at) {
    const struct tiling *t = block->tiling;
    int64_t end = block->row + at == 0 ? t->first_rows : round_up(at + 1, t->rows);
    int64_t rows = min_i64(end, block->rows) - at;
    int64_t number = at / t->rows + (block->row == 0 && at > 0 && t->first_rows < t->rows);
    return (struct subtile){
        .at = at, .rows = rows, .number = number, .height = t->unit ? round_up(rows, t->unit) : end - at};
}

/* cover.c: which keys each row may see, by range; which the whole block; the tile that begins at a key; a row's columns
 * of a tile; how a sub-tile stands to a tile, and against which of its columns. */
void find_ranges(struct block *block);
struct range keys_of_block(const struct block *block);
struct tile tile_at(const struct block *block, int64_t at, int64_t end);
struct range columns_of(const struct block *block, const struct tile *tile, int64_t r);
enum cover classify(const struct block *block, const struct tile *tile, struct subtile *sub);

/* pack_*.c; the first packs the queries that meet a tile's keys, where they are not packed already, and its keys and
 * values. */
void prepare_tile(struct block *block, const struct engine *engine, struct tile *tile);
void pack_queries_rows(struct block *block);
void pack_queries_lanes(struct block *block);
void prepare_rows(struct block *block, struct tile *tile);
void prepare_lanes(struct block *block, struct tile *tile);
const float *query_rows(struct block *block, const struct subtile *sub, int64_t *stride);
void copy_rows(struct block *block, float *to, const struct view *view, const struct tile *tile, int64_t n);
void prepare_values(struct block *block, struct tile *tile, int copy);
void pack_queries_matrix(struct block *block);
void prepare_matrix(struct block *block, struct tile *tile);

/* scores.c */
void scores_rows(struct block *block, const struct tile *tile, const struct subtile *sub);
void scores_lanes(struct block *block, const struct tile *tile, const struct subtile *sub);
void scores_matrix(struct block *block, const struct tile *tile, const struct subtile *sub);
void softcap_rows(struct block *block, const struct subtile *sub);
void softcap_lanes(struct block *block, const struct subtile *sub);

/* rules.c */
void add_rules_rows(struct block *block, const struct tile *tile, const struct subtile *sub);
void add_rules_lanes(struct block *block, const struct tile *tile, const struct subtile *sub);
void count_sinks(struct block *block);

/* mask.c */
void hide_rows(struct block *block, const struct tile *tile, const struct subtile *sub);
void hide_lanes(struct block *block, const struct tile *tile, const struct subtile *sub);

/* softmax.c */
void softmax_rows(struct block *block, const struct subtile *sub);
void softmax_lanes(struct block *block, const struct subtile *sub);
void softmax_matrix(struct block *block, const struct subtile *sub);
void normalise_rows(struct block *block, const struct subtile *sub);
void normalise_lanes(struct block *block, const struct subtile *sub);

/* weigh.c */
void weigh_rows(struct block *block, const struct tile *tile, const struct subtile *sub);
void weigh_lanes(struct block *block, const struct tile *tile, const struct subtile *sub);
void weigh_matrix(struct block *block, const struct tile *tile, const struct subtile *sub);
void settle_lanes(struct block *block);

/* merge.c */
void merge_lanes(const struct block *block, const struct state *into, const struct state *from);

/* finish.c */
void finish_rows(struct block *block);
void finish_lanes(struct block *block);
void write_lse(const struct block *block);

/* weights.c: the optional second pass that writes the attention weights. */
void write_weights(struct block *block, const struct engine *engine);

/* Where the sub-tile's scores begin: its first column. */
static inline float *scores_of_rows(const struct block *block, const struct subtile *sub, int64_t row) {
    return block->scores + row * block->tiling->keys + sub->from;
}

/* On a matrix unit: whether so few rows see a tile that its values are not worth a transposition. */
static inline int has_few_rows(const struct block *block) {
    return block->rows <= block->machine->kernels->lanes->unit;
}

/* Whether the kernels for few rows will do. While the walk is on, such a sub-tile's sums are [row][Dv]. */
static inline int is_narrow(const struct block *block, const struct subtile *sub) {
    return block->parts ? has_few_rows(block) : sub->rows <= block->machine->kernels->lanes->few;
}

/* The value that exponentials of row r are taken against. */
static inline float base_of(const struct block *block, int64_t r) {
    return block->now.maximum[r] == -INFINITY ? 0 : block->now.maximum[r];
}

#endif
