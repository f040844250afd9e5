/* S = scale * Q K^T, then softcap.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/scores.h"

/* The powers of two keep products in range. They change no bit of products that are in range without them. */
struct score_scale split_scale(float scale) {
    int exponent;
    if (fabsf(scale) <= 1) return (struct score_scale){scale, 1};
    frexpf(scale, &exponent);
    float product = ldexpf(1, exponent < FLT_MAX_EXP ? exponent : FLT_MAX_EXP - 1);
    return (struct score_scale){scale / product, product};
}

void scores_rows(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int64_t D = block->p->D, ld = block->tiling->keys, chain = block->p->chain;
    const float *query = block->query + sub->at * D, *keys = (const float *)tile->keys + sub->from;
    struct gemm_shape shape = {
        .m = sub->height, .n = round_up(sub->count, TILE_UNIT), .lda = D, .ldb = tile->keys_ld, .ldc = ld};
    for (int64_t d = 0; d < D; d += chain) {
        shape.k = min_i64(chain, D - d);
        block->machine->gemm(&shape, query + d, keys + d * tile->keys_ld, d > 0 ? 1.0f : 0.0f,
                             scores_of_row(block, sub, 0));
    }
    for (int64_t r = 0; r < sub->height && block->scale.product != 1; r++)
        block->machine->kernels->rows->scale(scores_of_row(block, sub, r), shape.n, block->scale.product);
}

void softcap_rows(struct query_block *block, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++)
        block->machine->kernels->rows->softcap(scores_of_row(block, sub, r), sub->count, block->p->softcap);
}

static void scale_products(struct query_block *block, const struct subtile *sub) {
    if (block->scale.product != 1)
        block->machine->kernels->rows->scale(block->scores, sub->height * sub->count, block->scale.product);
}

void scores_lanes(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int64_t D = block->p->D, chain = block->p->chain, ld = tile->keys_ld;
    const float *query = block->query + sub->at * D;
    const void *keys = (const char *)tile->keys + sub->from * ld * element_size(tile->keys_dtype);
    if (block->own_order)
        block->lanes->few_dots(block->scores, query, D, keys, tile->keys_dtype, ld, sub->count);
    else if (is_narrow(block, sub))
        block->lanes->few_scores(block->scores, query, D, chain, keys, tile->keys_dtype, ld, sub->count, sub->rows);
    else
        block->lanes->scores(block->scores, sub->height, query, D, chain, keys, ld, sub->count);
    scale_products(block, sub);
}

void softcap_lanes(struct query_block *block, const struct subtile *sub) {
    block->machine->kernels->rows->softcap(block->scores, sub->height * sub->count, block->p->softcap);
}

void scores_matrix(struct query_block *block, const struct tile *tile, const struct subtile *sub) {
    int64_t depth = round_up(block->p->D, MATRIX_UNIT), ld = tile->keys_ld;
    block->machine->kernels->matrix->scores(
        block->scores, sub->height, block->matrix.query + block->matrix.parts * sub->at * depth, depth,
        (const uint16_t *)tile->keys + sub->from * ld, ld, round_up(tile->count, MATRIX_UNIT) * depth, sub->count,
        block->matrix.parts, sub->rows);
    scale_products(block, sub);
}
