/* Brings operands into the order that the products want: queries contiguous, keys transposed, values as they lie if
 * possible. SPDX-License-Identifier: MIT */
#include "flow/tile.h"

#include <string.h>

/* Rows past the block's last are zero up to the height of its last sub-tile. */
void pack_queries(struct block *block) {
    const struct problem *p = block->p;
    int64_t padded = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < padded; r++) {
        float *to = block->query + r * p->D;
        if (r >= block->rows) {
            memset(to, 0, (size_t)p->D * sizeof *to);
            continue;
        }
        const float *from = view_row(&p->query, block->b, row_head(block, r), row_query(block, r));
        if (p->query.stride_d == 1)
            memcpy(to, from, (size_t)p->D * sizeof *to);
        else
            for (int64_t d = 0; d < p->D; d++) to[d] = from[d * p->query.stride_d];
    }
}

/* keys_t[d][j] = key at + j, dimension d; zero columns up to the next multiple of TILE_UNIT. */
void pack_keys(struct block *block, const struct tile *tile) {
    const struct view *k = &block->p->key;
    int64_t D = block->p->D, ld = block->tiling->keys, padded = round_up(tile->keys, TILE_UNIT);
    const float *from = view_row(k, block->b, block->k, tile->at);
    if (k->stride_d == 1) {
        block->machine->kernels->transpose(block->keys_t, ld, from, k->stride_s, tile->keys, D, padded);
        return;
    }
    for (int64_t d = 0; d < D; d++)
        for (int64_t j = 0; j < padded; j++)
            block->keys_t[d * ld + j] = j < tile->keys ? from[j * k->stride_s + d * k->stride_d] : 0;
}

static void copy_values(struct block *block, const struct tile *tile) {
    const struct view *v = &block->p->value;
    const float *from = view_row(v, block->b, block->k, tile->at);
    for (int64_t j = 0; j < tile->keys; j++)
        for (int64_t d = 0; d < block->p->Dv; d++)
            block->values[j * block->p->Dv + d] = from[j * v->stride_s + d * v->stride_d];
}

/* Values can stay where they are if they are an ordinary row-major matrix to the BLAS. */
static void place_values(struct block *block, struct tile *tile) {
    const struct view *v = &block->p->value;
    if (v->stride_d == 1 && v->stride_s >= block->p->Dv && v->stride_s <= GEMM_MAX) {
        tile->values = view_row(v, block->b, block->k, tile->at);
        tile->values_ld = v->stride_s;
    } else {
        copy_values(block, tile);
        tile->values = block->values;
        tile->values_ld = block->p->Dv;
    }
}

static void copy_without_odd(struct block *block, const struct tile *tile) {
    int64_t Dv = block->p->Dv;
    for (int64_t j = 0; j < tile->keys; j++) {
        float *to = block->values + j * Dv;
        if (block->odd[j])
            memset(to, 0, (size_t)Dv * sizeof *to);
        else
            memmove(to, tile->values + j * tile->values_ld, (size_t)Dv * sizeof *to);
    }
}

/* Keys whose values hold NaN or infinity are left out of the products: 0 * NaN would carry them into rows that may not
 * see them. */
void prepare_values(struct block *block, struct tile *tile) {
    place_values(block, tile);
    tile->odd = 0;
    for (int64_t j = 0; j < tile->keys; j++) {
        block->odd[j] = !block->machine->kernels->row_finite(tile->values + j * tile->values_ld, block->p->Dv);
        tile->odd |= block->odd[j];
    }
    if (!tile->odd) return;
    copy_without_odd(block, tile);
    tile->values = block->values;
    tile->values_ld = block->p->Dv;
}
