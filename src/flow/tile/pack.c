/* Brings operands into the order that the products read: queries packed, keys transposed for the BLAS, values in place
 * if possible.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/pack.h"

#include <string.h>

void copy_row(const struct query_block *block, float *to, const struct view *view, const void *row, int64_t n) {
    if (view->stride_d != 1)
        for (int64_t d = 0; d < n; d++) to[d] = view_load(view, row, d);
    else if (view->dtype == SA_I8)
        block->machine->kernels->rows->load_bytes(to, row, *view_scale(view, row), n);
    else if (view->dtype != SA_F32)
        block->machine->kernels->rows->load(to, row, view->dtype, n);
    else
        memcpy(to, row, (size_t)n * sizeof *to);
}

/* Whether rows of the view are floats without gaps. */
static int is_plain(const struct view *view) {
    return view->dtype == SA_F32 && view->stride_d == 1;
}

static void copy_query(const struct query_block *block, int64_t r, float *to) {
    const struct view *q = block->queries;
    copy_row(block, to, q, view_row(q, block->b, row_head(block, r), row_query(block, r)), block->p->D);
}

/* [row][d], scaled; rows past the query block's last are zero up to the height of its last sub-tile. */
void pack_queries_rows(struct query_block *block) {
    int64_t D = block->p->D, padded = round_up(block->rows, block->tiling->rows);
    for (int64_t r = 0; r < block->rows; r++) copy_query(block, r, block->query + r * D);
    if (block->scale.query != 1)
        block->machine->kernels->rows->scale(block->query, block->rows * D, block->scale.query);
    memset(block->query + block->rows * D, 0, (size_t)((padded - block->rows) * D) * sizeof(float));
}

const float *query_rows(struct query_block *block, const struct subtile *sub, int64_t *stride) {
    const struct view *q = block->queries;
    int64_t D = block->p->D;
    *stride = q->stride_s;
    if (is_plain(q) && block->p->G == 1)
        return view_row(q, block->b, row_head(block, sub->at), row_query(block, sub->at));
    for (int64_t r = 0; r < sub->rows; r++) copy_query(block, sub->at + r, block->spare + r * D);
    *stride = D;
    return block->spare;
}

/* [d][row] per sub-tile, scaled. */
void pack_queries_lanes(struct query_block *block) {
    int64_t D = block->p->D, stride;
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        const float *from = query_rows(block, &sub, &stride);
        block->lanes->pack(block->query + at * D, sub.height, from, stride, sub.rows, D, block->scale.query);
        at += sub.rows;
    }
}

void copy_rows(struct query_block *block, float *to, const struct view *view, const struct tile *tile, int64_t n) {
    for (int64_t j = 0; j < tile->count; j++)
        copy_row(block, to + j * n, view, view_row(view, block->b, block->k, tile->at + j), n);
}

/* keys[d][j] = key at + j, dimension d; zero columns up to the next multiple of TILE_UNIT. */
static void transpose_keys(struct query_block *block, struct tile *tile) {
    const struct view *k = &block->p->key;
    int64_t D = block->p->D, ld = block->tiling->keys, padded = round_up(tile->count, TILE_UNIT);
    const float *from = view_row(k, block->b, block->k, tile->at);
    int64_t stride = k->stride_s;
    if (!is_plain(k)) {
        copy_rows(block, block->spare, k, tile, D);
        from = block->spare;
        stride = D;
    }
    block->machine->kernels->rows->transpose(block->keys, ld, from, stride, tile->count, D, padded);
    tile->keys = block->keys;
    tile->keys_ld = ld;
}

/* A float of this size or larger is infinite after rounding to bf16. */
#define BF16_LIMIT 0x1.ffp+127f

/* Finds the keys with values that are not finite, or that are not finite in bf16 if bf16 is used; 1 if there are
 * any. */
static int find_odd_values(struct query_block *block, const struct tile *tile) {
    int64_t Dv = block->p->Dv;
    float limit = block->matrix.parts ? BF16_LIMIT : INFINITY;
    int odd = 0;
    for (int64_t j = 0; j < tile->count; j++) {
        block->odd[j] =
            !block->machine->kernels->rows->below((const float *)tile->values + j * tile->values_ld, Dv, limit);
        odd |= block->odd[j];
    }
    return odd;
}

static void drop_odd_values(struct query_block *block, const struct tile *tile) {
    int64_t Dv = block->p->Dv;
    for (int64_t j = 0; j < tile->count; j++) {
        float *to = block->values + j * Dv;
        if (block->odd[j])
            memset(to, 0, (size_t)Dv * sizeof *to);
        else
            memmove(to, (const float *)tile->values + j * tile->values_ld, (size_t)Dv * sizeof *to);
    }
}

void prepare_values(struct query_block *block, struct tile *tile, int copy) {
    const struct view *v = &block->p->value;
    int64_t Dv = block->p->Dv;
    tile->values = view_row(v, block->b, block->k, tile->at);
    tile->values_ld = v->stride_s;
    tile->values_dtype = v->dtype;
    int scaled = block->value_scale != 1;
    if (copy || scaled || (block->careful && v->dtype != SA_F32)) {
        copy_rows(block, block->values, v, tile, Dv);
        if (scaled) block->machine->kernels->rows->scale(block->values, tile->count * Dv, block->value_scale);
        tile->values = block->values;
        tile->values_ld = Dv;
        tile->values_dtype = SA_F32;
    }
    tile->odd = block->careful && find_odd_values(block, tile);
    if (!tile->odd) return;
    drop_odd_values(block, tile);
    tile->values = block->values;
    tile->values_ld = Dv;
}

/* Keys in place, or copied as floats without gaps. */
static void prepare_keys(struct query_block *block, struct tile *tile, int copy) {
    const struct view *k = &block->p->key;
    tile->keys = view_row(k, block->b, block->k, tile->at);
    tile->keys_ld = k->stride_s;
    tile->keys_dtype = k->dtype;
    if (!copy) return;
    copy_rows(block, block->keys, k, tile, block->p->D);
    tile->keys = block->keys;
    tile->keys_ld = block->p->D;
    tile->keys_dtype = SA_F32;
}

/* The BLAS reads values in place if they are an ordinary row-major matrix. */
void prepare_rows(struct query_block *block, struct tile *tile) {
    const struct view *v = &block->p->value;
    transpose_keys(block, tile);
    prepare_values(block, tile, !is_plain(v) || v->stride_s < block->p->Dv || v->stride_s > GEMM_MAX);
}

/* Whether our own products need a copy. They read rows of floats at any distance, but rows far apart compete for the
 * same lines of the first-level cache. For few rows each element is read once, and the kernels read halves too. */
static int needs_copy(const struct query_block *block, const struct view *view, int64_t width) {
    if (block->rows <= block->lanes->few) return view->stride_d != 1 || view->dtype == SA_I8;
    return !is_plain(view) || view->stride_s != width;
}

void prepare_lanes(struct query_block *block, struct tile *tile) {
    prepare_keys(block, tile, needs_copy(block, &block->p->key, block->p->D));
    prepare_values(block, tile, needs_copy(block, &block->p->value, block->p->Dv));
}
