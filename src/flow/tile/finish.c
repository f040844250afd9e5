/* The last division: writes sums / totals straight into the output view, so joining the heads costs nothing; and the
 * log-sum-exp.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/finish.h"

/* The factor of a row's sums: 1 / total, with sinks times shrink (see count_sinks); 0 for rows that see no key. */
static float inverse_total(const struct query_block *block, int64_t r) {
    if (!block->now.seen[r]) return 0;
    return (block->p->rules.sinks ? block->shrink[r] : 1) / block->now.total[r];
}

/* Writes sums * factor for row r. */
static void write_row(const struct query_block *block, int64_t r, float *sums, float factor) {
    const struct kernels *kernels = block->machine->kernels;
    const struct view *o = &block->p->output;
    void *out = view_row(o, block->b, row_head(block, r), row_query(block, r));
    int64_t Dv = block->p->Dv;
    if (o->stride_d == 1 && o->dtype == SA_F32) {
        kernels->rows->scale_to(out, sums, Dv, factor);
        return;
    }
    if (factor != 1) kernels->rows->scale(sums, Dv, factor);
    if (o->stride_d == 1)
        kernels->rows->store(out, o->dtype, sums, Dv);
    else
        for (int64_t d = 0; d < Dv; d++) view_store(o, out, d, sums[d]);
}

/* The factor of row r's sums. If it is 0, sums are set to 0 instead: all of a row that sees no key; only the finite
 * ones if the sink has all the weight. */
static float settle_row(struct query_block *block, int64_t r, float *sums, int64_t step) {
    float factor = inverse_total(block, r);
    if (factor != 0) return factor;
    for (int64_t d = 0; d < block->p->Dv; d++)
        if (!block->now.seen[r] || isfinite(sums[d * step])) sums[d * step] = 0;
    return 1;
}

void finish_rows(struct query_block *block) {
    for (int64_t r = 0; r < block->rows; r++) {
        float *sums = block->now.sums + r * block->p->Dv;
        write_row(block, r, sums, settle_row(block, r, sums, 1));
    }
}

/* Whether the sub-tile's rows of the output are equally spaced. */
static int evenly_spaced(const struct query_block *block) {
    const struct view *o = &block->p->output;
    return o->stride_d == 1 && o->stride_s >= block->p->Dv && block->p->G == 1;
}

static void finish_subtile(struct query_block *block, const struct subtile *sub) {
    const struct view *o = &block->p->output;
    int64_t Dv = block->p->Dv;
    float *sums = block->now.sums + sub->at * Dv, *factor = block->shrink + sub->at;
    for (int64_t r = 0; r < sub->rows; r++) factor[r] = settle_row(block, sub->at + r, sums + r, sub->height);
    if (evenly_spaced(block)) {
        void *out = view_row(o, block->b, row_head(block, sub->at), row_query(block, sub->at));
        if (o->dtype == SA_F32)
            block->lanes->unpack(out, o->stride_s, sums, sub->height, sub->rows, Dv, factor, NULL);
        else
            block->lanes->unpack_half(out, o->dtype, o->stride_s, sums, sub->height, sub->rows, Dv, factor);
        return;
    }
    block->lanes->unpack(block->spare, Dv, sums, sub->height, sub->rows, Dv, factor, NULL);
    for (int64_t r = 0; r < sub->rows; r++) write_row(block, sub->at + r, block->spare + r * Dv, 1);
}

void finish_lanes(struct query_block *block) {
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        finish_subtile(block, &sub);
        at += sub.rows;
    }
}

void finish_scaled(struct query_block *block, const struct engine *engine) {
    const struct view *o = &block->p->output;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t step;
        float *sums = engine->sum_row(block, r, &step), factor = settle_row(block, r, sums, step);
        void *out = view_row(o, block->b, row_head(block, r), row_query(block, r));
        for (int64_t d = 0; d < block->p->Dv; d++) {
            float mean = sums[d * step] * factor, value = mean / block->value_scale;
            if (isfinite(view_load(o, out, d))) continue;
            view_store(o, out, d, isfinite(mean) && !isfinite(value) ? copysignf(FLT_MAX, mean) : value);
        }
    }
}

static float lse_of(const struct query_block *block, int64_t r) {
    double shift = shifted_bias(block, r);
    float lse = base_of(block, r) + logf(block->now.total[r]);
    return shift != 0 ? (float)(lse + shift) : lse;
}

void write_lse(const struct query_block *block) {
    for (int64_t r = 0; r < block->rows; r++)
        *(float *)view_row(&block->p->lse, block->b, row_head(block, r), row_query(block, r)) =
            block->now.seen[r] ? lse_of(block, r) : -INFINITY;
}
