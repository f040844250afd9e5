/* The two layouts of the tiled paths, step by step.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/engine.h"
#include "flow/tile/dropout.h"
#include "flow/tile/finish.h"
#include "flow/tile/mask.h"
#include "flow/tile/merge.h"
#include "flow/tile/pack.h"
#include "flow/tile/rules.h"
#include "flow/tile/scores.h"
#include "flow/tile/softmax.h"
#include "flow/tile/weigh.h"

static const float *score_row_rows(const struct query_block *block, const struct subtile *sub, int64_t row,
                                   int64_t *step) {
    *step = 1;
    return scores_of_row(block, sub, row);
}

static const float *score_row_lanes(const struct query_block *block, const struct subtile *sub, int64_t row,
                                    int64_t *step) {
    *step = sub->height;
    return block->scores + row;
}

static float *sum_row_rows(const struct query_block *block, int64_t r, int64_t *step) {
    *step = 1;
    return block->now.sums + r * block->p->Dv;
}

static float *sum_row_lanes(const struct query_block *block, int64_t r, int64_t *step) {
    struct subtile sub = subtile_at(block, r / block->tiling->rows * block->tiling->rows);
    *step = sub.height;
    return block->now.sums + sub.at * block->p->Dv + r - sub.at;
}

const struct engine engine_rows = {
    .pack_queries = pack_queries_rows,
    .prepare = prepare_rows,
    .scores = scores_rows,
    .softcap = softcap_rows,
    .add_rules = add_rules_rows,
    .hide = hide_rows,
    .softmax = softmax_rows,
    .drop = drop_rows,
    .weigh = weigh_rows,
    .finish = finish_rows,
    .normalise = normalise_rows,
    .score_row = score_row_rows,
    .sum_row = sum_row_rows,
};

const struct engine engine_lanes = {
    .pack_queries = pack_queries_lanes,
    .prepare = prepare_lanes,
    .scores = scores_lanes,
    .softcap = softcap_lanes,
    .add_rules = add_rules_lanes,
    .hide = hide_lanes,
    .softmax = softmax_lanes,
    .drop = drop_lanes,
    .weigh = weigh_lanes,
    .settle = settle_lanes,
    .merge = merge_lanes,
    .finish = finish_lanes,
    .normalise = normalise_lanes,
    .score_row = score_row_lanes,
    .sum_row = sum_row_lanes,
};

const struct engine engine_matrix = {
    .pack_queries = pack_queries_matrix,
    .prepare = prepare_matrix,
    .scores = scores_matrix,
    .softcap = softcap_lanes,
    .add_rules = add_rules_lanes,
    .hide = hide_lanes,
    .softmax = softmax_matrix,
    .weigh = weigh_matrix,
    .settle = settle_lanes,
    .merge = merge_lanes,
    .finish = finish_lanes,
    .normalise = normalise_lanes,
    .score_row = score_row_lanes,
    .sum_row = sum_row_lanes,
};
