/* SPDX-License-Identifier: MIT */
#include "stack/pass.h"

#include "api/forward.h"
#include "base/arith.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"

#include <string.h>

/* Books rows of `width` floats for every token. */
static int book(struct pass *p, int64_t *place, int64_t width) {
    int64_t bytes;
    *place = p->bytes;
    return checked_mul(p->input.B, p->input.T, &bytes) && checked_mul(bytes, width, &bytes) &&
           checked_mul(bytes, sizeof(float), &bytes) && checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
           checked_add(p->bytes, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &p->bytes);
}

static const struct stack_config *config_of(const struct pass *p) {
    return &p->input.stack->config;
}

static void set_rows(sa_tensor *t, float *data, const struct pass *p) {
    sa_tensor_set(t, data, SA_F32, SA_BHSD, p->input.B, 1, p->input.T, config_of(p)->width);
}

/* Tokens that a cache keeps stand right before its window: a block sees them whose own window reaches that far. */
static int64_t kept_within(const struct sa_cache *cache, int64_t window) {
    return cache && cache->window && window >= cache->window + cache->keep_first ? cache->keep_first : 0;
}

/* Plans the attention of block l, from x to y; both are NULL where only sizes are asked about. */
static sa_status plan_self(sa_ctx *ctx, const struct pass *p, int64_t l, float *x, float *y, struct forward *forward) {
    const struct stack_config *c = config_of(p);
    const struct model_block *block = &p->input.stack->blocks[l];
    const int64_t B = p->input.B, T = p->input.T;
    sa_masking masking = {.struct_size = sizeof masking, .causal = c->causal};
    sa_forward_args a = {.struct_size = sizeof a, .masking = &masking, .cache = p->cache};
    set_rows(&a.x, x, p);
    set_rows(&a.y, y, p);
    if (p->cache) {
        a.cache_layer = l;
        a.lengths = p->lengths;
    } else {
        masking.key_lengths = p->lengths;
        masking.align = SA_ALIGN_TOP_LEFT;
    }
    if (block->window) {
        masking.window = 1;
        masking.window_left = block->window - 1;
        masking.window_right = c->causal ? -1 : block->window - 1;
        masking.keep_first = kept_within(p->cache, block->window);
    }
    if (p->attention)
        sa_tensor_set(&a.weights, p->attention + l * B * c->heads * T * p->keys, SA_F32, SA_BHSD, B, c->heads, T,
                      p->keys);
    return take_forward(ctx, block->attention, &a, x != NULL, forward);
}

/* The same for its attention to the encoder. */
static sa_status plan_cross(sa_ctx *ctx, const struct pass *p, int64_t l, float *x, float *y, struct forward *forward) {
    const struct stack_config *c = config_of(p);
    const int64_t B = p->input.B, T = p->input.T;
    const sa_masking masking = {.struct_size = sizeof masking, .key_lengths = p->context_lengths};
    sa_forward_args a = {.struct_size = sizeof a, .cache = p->cross_cache};
    set_rows(&a.x, x, p);
    set_rows(&a.y, y, p);
    if (p->cross_cache) {
        a.cache_layer = l;
        a.cache_use = SA_CACHE_READ;
    } else {
        /* A tensor without data would be absent; while planning it is not followed. */
        static float nowhere;
        a.masking = &masking;
        sa_tensor_set(&a.context, p->context ? (float *)p->context : &nowhere, SA_F32, SA_BHSD, B, 1, p->S, c->context);
    }
    if (p->cross_attention)
        sa_tensor_set(&a.weights, p->cross_attention + l * B * c->heads * T * p->S, SA_F32, SA_BHSD, B, c->heads, T,
                      p->S);
    return take_forward(ctx, p->input.stack->blocks[l].cross, &a, x != NULL, forward);
}

/* The largest scratch memory of any layer, and of any feed-forward part's projections. */
static sa_status measure_blocks(sa_ctx *ctx, const struct pass *p, int64_t *layer, int64_t *work) {
    const int64_t rows = p->input.B * p->input.T;
    struct forward forward;
    *layer = *work = 0;
    for (int64_t l = 0; l < config_of(p)->layers; l++) {
        const struct model_block *block = &p->input.stack->blocks[l];
        sa_status status = plan_self(ctx, p, l, NULL, NULL, &forward);
        if (status != SA_OK) return status;
        *layer = max_i64(*layer, forward.bytes);
        if (block->cross) status = plan_cross(ctx, p, l, NULL, NULL, &forward);
        if (status != SA_OK) return status;
        *layer = max_i64(*layer, forward.bytes);
        int64_t bytes = feed_forward_bytes(&ctx->machine, block, rows);
        if (bytes < 0) return fail_overflow(&ctx->report, "the size of the scratch memory");
        *work = max_i64(*work, bytes);
    }
    return SA_OK;
}

sa_status pass_plan(sa_ctx *ctx, struct pass *p) {
    const struct stack_config *c = config_of(p);
    int64_t layer, work, input = input_bytes(&ctx->machine, &p->input);
    p->bytes = 0;
    if (input < 0 || !book(p, &p->state, c->width) ||
        !book(p, &p->normed, c->norm.place == NORM_AFTER ? 0 : c->width) || !book(p, &p->change, c->width) ||
        !book(p, &p->second, c->parallel ? c->width : 0))
        return fail_overflow(&ctx->report, "the size of the hidden state");
    sa_status status = measure_blocks(ctx, p, &layer, &work);
    if (status != SA_OK) return status;
    p->layer = p->bytes;
    if (!book(p, &p->inner, c->inner) || !book(p, &p->gate, c->gated ? c->inner : 0))
        return fail_overflow(&ctx->report, "the size of the hidden state");
    p->work = p->bytes;
    if (checked_add(p->work, work, &p->bytes) && checked_add(p->layer, max_i64(layer, input), &layer)) {
        p->bytes = max_i64(p->bytes, layer);
        return SA_OK;
    }
    return fail_overflow(&ctx->report, "the size of the scratch memory");
}

/* A pass at work: where its buffers are. */
struct run {
    sa_ctx *ctx;
    const struct pass *pass;
    float *state, *normed, *change, *second, *inner, *gate; /* normed is state where norms come after */
    char *layer, *work;
    int64_t rows;
};

static struct run make_run(sa_ctx *ctx, const struct pass *p, char *scratch) {
    struct run r = {.ctx = ctx, .pass = p, .rows = p->input.B * p->input.T};
    r.state = (float *)(scratch + p->state);
    r.normed = config_of(p)->norm.place == NORM_AFTER ? r.state : (float *)(scratch + p->normed);
    r.change = (float *)(scratch + p->change);
    r.second = (float *)(scratch + p->second);
    r.inner = (float *)(scratch + p->inner);
    r.gate = (float *)(scratch + p->gate);
    r.layer = scratch + p->layer;
    r.work = scratch + p->work;
    return r;
}

/* Adds what a part has come to. `own` is that part's norm, `after` the one of its result, and `following` the norm of
 * the part behind it. */
static void join(const struct run *r, const struct norm *own, const struct norm *after, const struct norm *following,
                 int parallel) {
    const struct norm_config *c = &config_of(r->pass)->norm;
    const struct join j = {.state = r->state,
                           .change = r->change,
                           .second = parallel ? r->second : NULL,
                           .after = c->place == NORM_AROUND ? after : NULL,
                           .next = c->place == NORM_AFTER ? own : following,
                           .normed = r->normed,
                           .of_normed = c->of_residual};
    join_rows(&r->ctx->machine.parallel, &j, config_of(r->pass)->width, r->rows);
}

static void run_feed_forward(const struct run *r, const struct model_block *block, float *y) {
    feed_forward(&r->ctx->machine, block, (enum activation)config_of(r->pass)->activation, r->rows, r->normed, r->inner,
                 r->gate, y, r->work);
}

/* Of two parallel parts both read the state as it was before. */
static void run_parallel(const struct run *r, const struct model_block *block, const struct norm *following) {
    if (!config_of(r->pass)->one_norm)
        norm_rows(&r->ctx->machine.parallel, &block->feed_forward_norm, r->rows, r->state, r->normed);
    run_feed_forward(r, block, r->second);
    join(r, NULL, NULL, following, 1);
}

static sa_status run_block(const struct run *r, int64_t l) {
    const struct stack *stack = r->pass->input.stack;
    const struct model_block *b = &stack->blocks[l];
    const struct norm *end = l + 1 < stack->config.layers ? &b[1].attention_norm : &stack->final_norm;
    struct forward forward;
    sa_status status = plan_self(r->ctx, r->pass, l, r->normed, r->change, &forward);
    if (status != SA_OK) return status;
    forward_run(&r->ctx->machine, &forward, r->layer);
    if (stack->config.parallel) {
        run_parallel(r, b, end);
        return SA_OK;
    }
    join(r, &b->attention_norm, &b->attention_norm_after, b->cross ? &b->cross_norm : &b->feed_forward_norm, 0);
    if (b->cross) {
        status = plan_cross(r->ctx, r->pass, l, r->normed, r->change, &forward);
        if (status != SA_OK) return status;
        forward_run(&r->ctx->machine, &forward, r->layer);
        join(r, &b->cross_norm, &b->cross_norm_after, &b->feed_forward_norm, 0);
    }
    run_feed_forward(r, b, r->change);
    join(r, &b->feed_forward_norm, &b->feed_forward_norm_after, end, 0);
    return SA_OK;
}

sa_status pass_run(sa_ctx *ctx, const struct pass *p, char *scratch, float **result) {
    const struct stack *stack = p->input.stack;
    const struct run r = make_run(ctx, p, scratch);
    const int64_t size = r.rows * stack->config.width;
    const size_t bytes = (size_t)size * sizeof(float);
    sa_status status = SA_OK;
    *result = r.normed;
    input_run(&ctx->machine, &p->input, r.state, r.layer);
    if (p->hidden_all) memcpy(p->hidden_all, r.state, bytes);
    if (stack->config.norm.place != NORM_AFTER)
        norm_rows(&ctx->machine.parallel, &stack->blocks[0].attention_norm, r.rows, r.state, r.normed);
    for (int64_t l = 0; l < stack->config.layers && status == SA_OK; l++) {
        status = run_block(&r, l);
        if (p->hidden_all) memcpy(p->hidden_all + (l + 1) * size, r.state, bytes);
    }
    return status;
}
