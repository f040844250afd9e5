/* sums = sums * shrink + P V for one tile.
 *
 * P is 0 for hidden keys, but 0 * NaN is NaN. So values with NaN or infinity, or so large that they are infinite in
 * bf16, are left out of the product, and added separately to the rows that see them.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/weigh.h"
#include "flow/tile/callbacks.h"
#include "flow/tile/dropout.h"
#include "flow/tile/engine.h"

#include <string.h>

/* The score of a weight, computed again. */
static float score_again(const struct query_block *block, int64_t row, int64_t key, float bias) {
    const struct problem *p = block->p;
    const struct view *queries = queries_for(p, key);
    const void *q = view_row(queries, block->b, row_head(block, row), row_query(block, row));
    const void *k = view_row(&p->key, block->b, block->k, key);
    return (float)(p->scale * view_dot(queries, q, &p->key, k, p->D)) + bias;
}

/* Whether row r may see an odd key of the tile, and does not drop it. Then *weight, the exponential so far, becomes the
 * weight for values that are not finite. */
static int odd_weight(const struct query_block *block, const struct tile *tile, int64_t r, int64_t j, float *weight) {
    const struct sight sight = sight_of(block, r);
    float bias;
    if (!visible(block->p, &sight, tile->at + j, &bias) || is_dropped(block, tile, r, j)) return 0;
    if (*weight == 0) *weight = weight_of_odd(0, score_again(block, r, tile->at + j, bias));
    return 1;
}

/* Adds the original values of the tile's odd keys to sums with the given steps between rows and dimensions. */
static void add_odd(struct query_block *block, const struct tile *tile, const struct subtile *sub,
                    const struct engine *engine, int64_t row_step, int64_t dim_step) {
    const struct problem *p = block->p;
    float *sums = block->now.sums + sub->at * p->Dv;
    for (int64_t r = 0; r < sub->rows; r++) {
        int64_t step;
        const float *weights = engine->score_row(block, sub, r, &step);
        for (int64_t j = sub->from; j < sub->from + sub->count; j++) {
            float weight = weights[(j - sub->from) * step], odd = weight;
            if (!block->odd[j] || !is_shown(block, engine, sub, r, j) || !odd_weight(block, tile, sub->at + r, j, &odd))
                continue;
            const void *values = view_row(&p->value, block->b, block->k, tile->at + j);
            for (int64_t d = 0; d < p->Dv; d++) {
                float value = view_load(&p->value, values, d) * block->value_scale;
                sums[r * row_step + d * dim_step] += (isfinite(value) ? weight : odd) * value;
            }
        }
    }
}

void weigh_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int64_t Dv = block->p->Dv;
    float *sums = block->now.sums + sub->at * Dv;
    struct gemm_shape shape = {
        .m = sub->height, .n = Dv, .k = sub->count, .lda = block->tiling->keys, .ldb = tile->values_ld, .ldc = Dv};
    for (int64_t r = 0; r < sub->rows; r++)
        if (block->shrink[sub->at + r] != 1)
            block->machine->kernels->rows->scale(sums + r * Dv, Dv, block->shrink[sub->at + r]);
    block->machine->gemm(&shape, scores_of_row(block, sub, 0),
                         (const float *)tile->values + sub->from * tile->values_ld, 1, sums);
    if (tile->odd) add_odd(block, tile, sub, &engine_rows, Dv, 1);
}

/* The same for sums in the kernels' order: [Dv][height], or [row][Dv] for few rows. */
static void add_odd_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub,
                          const struct engine *engine) {
    int narrow = is_narrow(block, sub);
    add_odd(block, tile, sub, engine, narrow ? block->p->Dv : 1, narrow ? 1 : sub->height);
}

void weigh_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int64_t Dv = block->p->Dv, ld = tile->values_ld;
    float *sums = block->now.sums + sub->at * Dv, *shrink = block->shrink + sub->at;
    const void *values = (const char *)tile->values + sub->from * ld * element_size(tile->values_dtype);
    if (is_narrow(block, sub))
        block->lanes->few_weigh(sums, block->now.total + sub->at, Dv, shrink, block->scores, sub->count, values,
                                tile->values_dtype, ld, sub->rows);
    else
        block->lanes->weigh(sums, sub->height, Dv, shrink, block->scores, sub->count, values, ld);
    if (tile->odd) add_odd_lanes(block, tile, sub, &engine_lanes);
}

static void multiply_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    const struct kernels *kernels = block->machine->kernels;
    int64_t Dv = block->p->Dv, dims = round_up(Dv, MATRIX_UNIT), padded = round_up(tile->count, MATRIX_UNIT);
    int64_t weight_part = block->tiling->keys * sub->height;
    int64_t ld = has_paired_values(block) ? dims : padded, step = has_paired_values(block) ? dims : 1;
    const uint16_t *values = block->matrix.values + sub->from * step;
    float *sums = block->now.sums + sub->at * Dv, *shrink = block->shrink + sub->at;
    if (is_narrow(block, sub))
        kernels->matrix->weigh_few(sums, sub->rows, Dv, shrink, block->matrix.weights, weight_part, sub->count, values,
                                   ld, padded * dims, block->matrix.parts, block->spare);
    else
        kernels->matrix->weigh(sums, sub->height, Dv, shrink, block->matrix.weights, weight_part, sub->count, values,
                               ld, padded * dims, block->matrix.parts, block->spare);
}

void weigh_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    multiply_matrix(block, tile, sub);
    if (!tile->odd) return;
    float *base = block->bias, *one = block->bias + sub->height;
    for (int64_t r = 0; r < sub->height; r++) {
        base[r] = base_of(block, sub->at + r);
        one[r] = 1;
    }
    block->lanes->exp(block->scores, sub->height, sub->count, base, one);
    add_odd_lanes(block, tile, sub, &engine_matrix);
}

void settle_lanes(struct query_block *block) {
    int64_t Dv = block->p->Dv;
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        float *sums = block->now.sums + at * Dv;
        at += sub.rows;
        if (!is_narrow(block, &sub) || sub.height == 1) continue;
        memcpy(block->spare, sums, (size_t)(sub.rows * Dv) * sizeof *sums);
        block->machine->kernels->rows->transpose(sums, sub.height, block->spare, Dv, sub.rows, Dv, sub.height);
    }
}
