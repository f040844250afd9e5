/* Brings operands into the order that a matrix unit reads, straight from their own type if that is a float type.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/pack.h"

/* Rows to be packed, `stride` elements apart. */
struct rows {
    const void *data;
    int32_t dtype;
    int64_t stride;
};

/* Whether rows of the view can be packed without a copy. */
static int is_packable(const struct view *view) {
    return view->stride_d == 1 && view->dtype != SA_I8;
}

static struct rows queries_of(struct query_block *block, const struct subtile *sub) {
    const struct view *q = block->queries;
    struct rows rows = {.dtype = q->dtype, .stride = q->stride_s};
    if (is_packable(q) && block->p->G == 1) {
        rows.data = view_row(q, block->b, row_head(block, sub->at), row_query(block, sub->at));
    } else {
        rows.data = query_rows(block, sub, &rows.stride);
        rows.dtype = SA_F32;
    }
    return rows;
}

void pack_queries_matrix(struct query_block *block) {
    int64_t D = block->p->D, depth = round_up(D, MATRIX_UNIT);
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        struct rows from = queries_of(block, &sub);
        block->machine->kernels->matrix->pack_queries(block->matrix.query + block->matrix.parts * at * depth,
                                                      sub.height, depth, block->matrix.parts, from.data, from.dtype,
                                                      from.stride, sub.rows, D, block->scale.query);
        at += sub.rows;
    }
}

/* The tile's rows of the view: in place, or copied to `copy` as floats. */
static struct rows rows_of(struct query_block *block, const struct view *view, const struct tile *tile, float *copy,
                           int64_t n) {
    if (is_packable(view))
        return (struct rows){view_row(view, block->b, block->k, tile->at), view->dtype, view->stride_s};
    copy_rows(block, copy, view, tile, n);
    return (struct rows){copy, SA_F32, n};
}

/* Whether the products can read the keys in place: bf16 without padding. */
static int reads_keys(const struct query_block *block, const struct tile *tile) {
    const struct view *k = &block->p->key;
    return block->matrix.parts == 1 && k->dtype == SA_BF16 && k->stride_d == 1 && block->p->D % MATRIX_UNIT == 0 &&
           tile->count % MATRIX_UNIT == 0;
}

static void prepare_keys(struct query_block *block, struct tile *tile) {
    int64_t D = block->p->D;
    struct rows from = rows_of(block, &block->p->key, tile, block->keys, D);
    if (reads_keys(block, tile)) {
        tile->keys = from.data;
        tile->keys_ld = from.stride;
        return;
    }
    tile->keys = block->matrix.keys;
    tile->keys_ld = round_up(D, MATRIX_UNIT);
    block->machine->kernels->matrix->pack_rows(block->matrix.keys, round_up(tile->count, MATRIX_UNIT), tile->keys_ld,
                                               block->matrix.parts, from.data, from.dtype, from.stride, tile->count, D);
}

/* To pack values as pairs of keys is faster than by dimension. */
static void pack_values(struct query_block *block, const struct tile *tile, const struct rows *from) {
    const struct kernels *kernels = block->machine->kernels;
    int64_t Dv = block->p->Dv, dims = round_up(Dv, MATRIX_UNIT), padded = round_up(tile->count, MATRIX_UNIT);
    if (has_paired_values(block))
        kernels->matrix->pack_pairs(block->matrix.values, padded, dims, block->matrix.parts, from->data, from->dtype,
                                    from->stride, tile->count, Dv);
    else
        kernels->matrix->pack_columns(block->matrix.values, dims, padded, block->matrix.parts, from->data, from->dtype,
                                      from->stride, tile->count, Dv);
}

void prepare_matrix(struct query_block *block, struct tile *tile) {
    struct rows values;
    prepare_keys(block, tile);
    if (block->careful) {
        prepare_values(block, tile, 1);
        values = (struct rows){tile->values, SA_F32, tile->values_ld};
    } else {
        values = rows_of(block, &block->p->value, tile, block->values, block->p->Dv);
    }
    pack_values(block, tile, &values);
}
