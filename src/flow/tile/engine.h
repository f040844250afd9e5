/* The steps of one layout:   pack -> scores -> mask -> softmax -> drop -> weigh -> finish.
 *
 * Each file of this folder does one step and has it in up to three versions, for two layouts:
 *
 *   by rows    score tiles are [row][key]; the products are cblas_sgemm calls (SA_PATH_BLAS)
 *   by lanes   score tiles are [key][row], a register holds the same key's scores for several rows, and nothing ever
 *              crosses rows; the products are our own kernels (SA_PATH_FUSED), or those of a matrix unit, whose
 *              operands are bf16 and have layouts of their own (precisions below SA_PRECISION_HIGHEST)
 *
 * walk.c calls them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_ENGINE_H
#define SA_FLOW_TILE_ENGINE_H

#include "flow/tile/geometry.h"

struct engine {
    void (*pack_queries)(struct query_block *block);               /* block->queries */
    void (*prepare)(struct query_block *block, struct tile *tile); /* keys and values of a tile */
    /* block->scores = scale * Q K^T for one sub-tile */
    void (*scores)(struct query_block *block, const struct tile *tile, const struct subtile *sub);
    void (*softcap)(struct query_block *block, const struct subtile *sub);
    /* adds the numbers of rules to scores */
    void (*add_rules)(struct query_block *block, const struct tile *tile, const struct subtile *sub);
    /* hidden scores become -infinity, mask tensors are added */
    void (*hide)(struct query_block *block, const struct tile *tile, const struct subtile *sub);
    /* scores become exp(score - maximum); maximum and total are updated; shrink becomes the factor of the earlier
     * sums */
    void (*softmax)(struct query_block *block, const struct subtile *sub);
    /* weights are dropped; only with dropout */
    void (*drop)(struct query_block *block, const struct tile *tile, const struct subtile *sub);
    /* sums = sums * shrink + weights * values */
    void (*weigh)(struct query_block *block, const struct tile *tile, const struct subtile *sub);
    /* brings the sums of a chunk into the order of merge and finish; NULL: they are in that order */
    void (*settle)(struct query_block *block);
    /* adds the state of another chunk of keys to `into` */
    void (*merge)(const struct query_block *block, const struct state *into, const struct state *from);
    /* writes sums / totals to the output view */
    void (*finish)(struct query_block *block);
    /* for the second pass: scores become exp(score - maximum) / total */
    void (*normalise)(struct query_block *block, const struct subtile *sub);
    /* the first score of row `row` of the sub-tile, and the distance from one key to the next */
    const float *(*score_row)(const struct query_block *block, const struct subtile *sub, int64_t row, int64_t *step);
    /* the first sum of row r after settle, and the distance from one dimension to the next */
    float *(*sum_row)(const struct query_block *block, int64_t r, int64_t *step);
};
extern const struct engine engine_rows, engine_lanes, engine_matrix;

/* The distance from the scores of one row of the sub-tile to those of the next. */
static inline int64_t score_row_step(const struct engine *engine, const struct query_block *block,
                                     const struct subtile *sub) {
    int64_t step;
    return engine->score_row(block, sub, 1, &step) - engine->score_row(block, sub, 0, &step);
}

#endif
