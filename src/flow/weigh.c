/* sums += P V for one tile.
 *
 * P is 0 where a key is hidden, but 0 * NaN is NaN: values with NaN or infinity are left out of the product and added
 * row by row where they are visible.
 * SPDX-License-Identifier: MIT */
#include "flow/tile.h"

/* The score behind a weight, computed again. */
static float score_of(const struct block *block, int64_t row, int64_t key, float bias) {
    const struct problem *p = block->p;
    const float *q = block->query + row * p->D, *k = view_row(&p->key, block->b, block->k, key);
    float dot = 0;
    for (int64_t d = 0; d < p->D; d++) dot += q[d] * k[d * p->key.stride_d];
    return p->scale * dot + bias;
}

/* Adds an odd value to the rows that see it, from where it originally lies. */
static void add_odd(struct block *block, const struct tile *tile, const struct subtile *sub, int64_t j) {
    const struct problem *p = block->p;
    const float *value = view_row(&p->value, block->b, block->k, tile->at + j);
    for (int64_t r = sub->at; r < sub->at + sub->rows; r++) {
        struct range range = {block->first[r], block->last[r]};
        float bias, weight = block->scores[(r - sub->at) * block->tiling->keys + j];
        if (!visible(p, range, mask_of(block, r), tile->at + j, &bias)) continue;
        weight = weight_of_odd(weight, weight == 0 ? score_of(block, r, tile->at + j, bias) : 0);
        for (int64_t d = 0; d < p->Dv; d++) block->sums[r * p->Dv + d] += weight * value[d * p->value.stride_d];
    }
}

void weigh(struct block *block, const struct tile *tile, const struct subtile *sub, int first) {
    int64_t Dv = block->p->Dv;
    struct gemm_shape shape = {
        .m = sub->height, .n = Dv, .k = sub->keys, .lda = block->tiling->keys, .ldb = tile->values_ld, .ldc = Dv};
    const float *values = tile->values + sub->from * tile->values_ld;
    block->machine->gemm(&shape, 1, block->scores + sub->from, values, first ? 0 : 1, block->sums + sub->at * Dv);
    for (int64_t j = sub->from; tile->odd && j < sub->from + sub->keys; j++)
        if (block->odd[j]) add_odd(block, tile, sub, j);
}
