/* SPDX-License-Identifier: MIT */
#include "model/encoder.h"

#include "api/forward.h"
#include "base/arith.h"
#include "model/embeddings.h"
#include "model/feed_forward.h"
#include "model/layer_norm.h"
#include "model/pooling.h"

#include <string.h>

/* Rows of `width` floats for every token. */
static int book(const struct encoding *e, int64_t width, int64_t *bytes) {
    return checked_mul(e->args.batch, e->args.tokens, bytes) && checked_mul(*bytes, width, bytes) &&
           checked_mul(*bytes, sizeof(float), bytes) && checked_add(*bytes, MEMORY_ALIGNMENT - 1, bytes);
}

/* Plans the attention of block l, from `x` to `y`. */
static sa_status plan_attention_part(sa_ctx *ctx, const struct encoding *e, int64_t l, float *x, float *y,
                                     struct forward *forward) {
    const struct model_config *c = &e->model->config;
    const int64_t B = e->args.batch, T = e->args.tokens;
    const sa_masking padding = {.struct_size = sizeof padding, .key_lengths = e->args.lengths};
    sa_forward_args a = {.struct_size = sizeof a, .masking = &padding};
    sa_tensor_set(&a.x, x, SA_F32, SA_BHSD, B, 1, T, c->width);
    sa_tensor_set(&a.y, y, SA_F32, SA_BHSD, B, 1, T, c->width);
    if (e->args.attention)
        sa_tensor_set(&a.weights, e->args.attention + l * B * c->heads * T * T, SA_F32, SA_BHSD, B, c->heads, T, T);
    return take_forward(ctx, e->model->blocks[l].attention, &a, x != NULL, forward);
}

sa_status encoding_plan(sa_ctx *ctx, struct encoding *e) {
    const struct model_config *c = &e->model->config;
    struct forward forward;
    int64_t state, inner, work = 0;
    if (!book(e, c->width, &state) || !book(e, c->inner, &inner))
        return fail_overflow(&ctx->report, "the size of the hidden state");
    e->bytes = 0;
    for (int64_t l = 0; l < c->layers; l++) {
        const struct block *block = &e->model->blocks[l];
        sa_status status = plan_attention_part(ctx, e, l, NULL, NULL, &forward);
        if (status != SA_OK) return status;
        int64_t bytes = feed_forward_bytes(&ctx->machine, &block->up, &block->down, e->args.batch * e->args.tokens);
        if (bytes < 0) return fail_overflow(&ctx->report, "the size of the scratch memory");
        e->bytes = max_i64(e->bytes, forward.bytes);
        work = max_i64(work, bytes);
    }
    e->state = 0;
    e->change = state / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    e->inner = e->layer = 2 * e->change;
    e->work = e->inner + inner / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    return checked_add(inner, work, &inner) && checked_add(max_i64(e->bytes, inner), e->inner, &e->bytes)
               ? SA_OK
               : fail_overflow(&ctx->report, "the size of the scratch memory");
}

/* A buffer of the plan. */
static void *place(sa_ctx *ctx, int64_t offset) {
    return (char *)ctx->scratch + offset;
}

static sa_status run_block(sa_ctx *ctx, const struct encoding *e, int64_t l) {
    const struct block *block = &e->model->blocks[l];
    const struct machine *machine = &ctx->machine;
    const int64_t rows = e->args.batch * e->args.tokens;
    float *state = place(ctx, e->state), *change = place(ctx, e->change);
    struct forward forward;
    sa_status status = plan_attention_part(ctx, e, l, state, change, &forward);
    if (status != SA_OK) return status;
    forward_run(machine, &forward, place(ctx, e->layer));
    add_and_norm(&machine->parallel, &block->attention_norm, rows, state, change);
    feed_forward(machine, &block->up, &block->down, rows, state, place(ctx, e->inner), change, place(ctx, e->work));
    add_and_norm(&machine->parallel, &block->feed_forward_norm, rows, state, change);
    return SA_OK;
}

sa_status encoding_run(sa_ctx *ctx, const struct encoding *e) {
    const sa_encode_args *a = &e->args;
    const int64_t E = e->model->config.width, L = e->model->config.layers, size = a->batch * a->tokens * E;
    const size_t bytes = (size_t)size * sizeof(float);
    const struct parallel *parallel = &ctx->machine.parallel;
    float *state = place(ctx, e->state);
    sa_status status = SA_OK;
    embed(parallel, e->model, a->ids, a->types, a->batch, a->tokens, state);
    if (a->hidden_all) memcpy(a->hidden_all, state, bytes);
    blas_enter();
    for (int64_t l = 0; l < L && status == SA_OK; l++) {
        status = run_block(ctx, e, l);
        if (a->hidden_all) memcpy(a->hidden_all + (l + 1) * size, state, bytes);
    }
    blas_leave();
    if (status != SA_OK) return status;
    if (a->hidden) memcpy(a->hidden, state, bytes);
    if (a->embedding) mean_pool(parallel, state, a->lengths, a->batch, a->tokens, E, a->embedding);
    return SA_OK;
}
