/* SPDX-License-Identifier: MIT */
#include "stack/pass.h"

#include "base/arith.h"
#include "stack/norm.h"
#include "stack/packed_rows.h"
#include "stack/score_bias.h"

#include <string.h>

static const struct stack_config *config_of(const struct pass *p) {
    return &p->input.stack->config;
}

/* Contiguous rows [B][T][width]. */
static struct view rows_of(float *data, int64_t T, int64_t width) {
    return (struct view){.data = data, .stride_b = T * width, .stride_h = T * width, .stride_s = width, .stride_d = 1};
}

/* The weights [B][H][T][keys] of a block in [L][B][H][T][keys] of all blocks, from sequence `first` of all blocks on;
 * NULL: not requested. */
static struct view weights_of(float *all, int64_t first, const struct problem *p, int64_t T, int64_t keys) {
    const int64_t H = p->H;
    return (struct view){.data = all ? all + first * H * T * keys : NULL,
                         .stride_b = H * T * keys,
                         .stride_h = T * keys,
                         .stride_s = keys,
                         .stride_d = 1};
}

/* The call of a layer over the pass's rows, from x to y, with all keys visible. While planning, x and y are NULL. */
static struct forward call_of(const struct pass *p, const struct pass_rows *rows, const struct sa_layer *layer,
                              float *x, float *y) {
    struct forward f = forward_of(layer);
    f.problem.B = p->input.B, f.problem.T = f.N = p->input.T;
    f.problem.visible = (struct visibility){.left = WINDOW_UNBOUNDED, .right = WINDOW_UNBOUNDED};
    f.x = rows_of(x, p->input.T, config_of(p)->width);
    f.y = rows_of(y, p->input.T, config_of(p)->width);
    if (rows->packed) {
        f.packed = 1, f.rows = f.N = rows->own.rows, f.problem.T = rows->own.longest;
        f.problem.query_starts = f.problem.visible.key_starts = rows->starts;
    }
    return f;
}

/* Kept tokens of a cache stand right before its window. A block sees them if its own window reaches that far. */
static int64_t kept_within(const struct sa_cache *cache, int64_t window) {
    return cache && cache->window && window >= cache->window + cache->keep_first ? cache->keep_first : 0;
}

/* The attention of block l. */
static struct forward self_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y) {
    const struct stack_config *c = config_of(p);
    const struct model_block *block = &p->input.stack->blocks[l];
    struct forward f = call_of(p, rows, block->attention, x, y);
    struct visibility *v = &f.problem.visible;
    f.problem.S = rows->packed && !p->attention ? rows->own.longest : p->keys; /* weights of hidden keys are 0 */
    if (score_bias_by_sequence(c)) f.problem.B = 1;
    v->causal = c->causal;
    if (block->window) {
        v->window = 1;
        v->left = min_i64(block->window - 1, WINDOW_UNBOUNDED);
        v->right = c->causal ? WINDOW_UNBOUNDED : v->left;
        v->keep = kept_within(p->cache, block->window);
    }
    if (p->cache) {
        v->align_default = 1;
        f.cache = p->cache, f.cache_layer = l, f.lengths = p->lengths;
        forward_see_cache(&f);
    } else if (!rows->packed) {
        v->key_lengths = p->lengths;
    }
    f.problem.weights = weights_of(p->attention, l * p->input.B, &f.problem, p->input.T, p->keys);
    return f;
}

/* The same for its attention to the encoder. */
static struct forward cross_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y) {
    struct forward f = call_of(p, rows, p->input.stack->blocks[l].cross, x, y);
    f.problem.S = p->S;
    if (p->cross_cache) {
        f.problem.visible.align_default = 1;
        f.cache = p->cross_cache, f.cache_layer = l, f.reading = 1;
        forward_see_cache(&f);
    } else {
        f.problem.visible.key_lengths = p->context_lengths;
        f.has_context = 1, f.N = p->S;
        f.context = rows_of(p->context, p->S, config_of(p)->context);
    }
    if (rows->packed) {
        f.N = rows->context.rows;
        if (!p->cross_attention) f.problem.S = rows->context.longest;
        f.problem.visible.key_starts = rows->context_starts, f.problem.visible.key_lengths = NULL;
    }
    f.problem.weights = weights_of(p->cross_attention, l * p->input.B, &f.problem, p->input.T, p->S);
    return f;
}

/* Plans all layers; 0 if sizes do not fit. */
static int plan_layers(const struct machine *machine, const struct pass *p, struct pass_plan *plan) {
    const struct stack *stack = p->input.stack;
    for (int64_t l = 0; l < stack->config.layers; l++) {
        const struct model_block *block = &stack->blocks[l];
        struct forward self = self_call(p, &plan->rows, l, NULL, NULL);
        if (p->cache) self.problem.S = plan_keys(p->keys);
        if (!forward_plan_most(machine, &self, &plan->self)) return 0;
        if (!block->cross) continue;
        const struct forward cross = cross_call(p, &plan->rows, l, NULL, NULL);
        if (!forward_plan_most(machine, &cross, &plan->cross)) return 0;
    }
    return 1;
}

/* Blocks see rows of real tokens alone, but a cache has places of its own, and so have numbers that are added to
 * scores.
 */
static struct pass_rows choose_rows(const struct pass *p) {
    const int64_t B = p->input.B;
    struct pass_rows rows = {.own = packed_rows_of(p->lengths, B, p->input.T)};
    rows.packed = !p->cache && !p->cross_cache && rows.own.rows < B * p->input.T && !adds_score_bias(config_of(p));
    if (rows.packed) rows.context = packed_rows_of(p->context_lengths, B, p->S);
    if (!rows.packed) rows.own.rows = B * p->input.T;
    return rows;
}

int pass_plan(const struct machine *machine, const struct pass *p, int64_t behind, struct pass_plan *plan) {
    const struct stack_config *c = config_of(p);
    int64_t padded;
    *plan = (struct pass_plan){.scratch = {.title = "pass"}};
    struct ledger *s = &plan->scratch;
    if (!checked_mul(p->input.B, p->input.T, &padded)) return 0;
    plan->rows = choose_rows(p);
    const int64_t rows = plan->rows.own.rows, starts = plan->rows.packed ? p->input.B + 1 : 0;
    plan->starts = ledger_book(s, "starts", starts, 1, sizeof(int64_t));
    plan->context_starts = ledger_book(s, "context starts", starts, 1, sizeof(int64_t));
    plan->state = ledger_book(s, "state", padded, c->width, sizeof(float));
    plan->normed = ledger_book(s, "normed", c->norm.place == NORM_AFTER ? 0 : padded, c->width, sizeof(float));
    plan->change = ledger_book(s, "change", rows, c->width, sizeof(float));
    plan->second = ledger_book(s, "second", c->parallel ? rows : 0, c->width, sizeof(float));
    const int64_t T = p->input.T, cells = adds_score_bias(c) ? T : 0;
    int64_t bias_rows;
    ledger_require(s, checked_mul(c->heads, cells, &bias_rows));
    plan->bias = ledger_book(s, "score bias", adds_score_bias(c) ? bias_rows : 0, T, sizeof(float));
    plan->bias_work = ledger_book(s, "buckets", score_bias_bytes(machine, p->input.stack, T), 1, 1);
    if (!ledger_fits(s) || !plan_layers(machine, p, plan)) return 0;
    if (!feed_forward_plan(machine, p->input.stack, rows, &plan->feed_forward)) return 0;
    const int64_t input = input_bytes(machine, &p->input), layers = plan->self.scratch.bytes,
                  cross = plan->cross.scratch.bytes;
    if (input < 0 || behind < 0) return 0;
    const int64_t shared =
        max_i64(max_i64(max_i64(layers, cross), max_i64(input, behind)), plan->feed_forward.scratch.bytes);
    plan->shared = ledger_book(s, "shared", shared, 1, 1);
    return ledger_fits(s);
}

/* Whether sub-layers read the state as it is: norms stand behind them. */
static int reads_state(const struct stack_config *c) {
    return c->norm.place == NORM_AFTER || c->norm.place == NORM_RESULT;
}

/* A running pass, with its buffers. */
struct running_pass {
    const struct machine *machine;
    const struct pass *pass;
    const struct pass_plan *plan;
    struct pass_rows rows;
    float *state, *normed, *change, *second; /* normed is state if norms come after the sum */
    float *input;                            /* what sub-layers read: normed, or the state */
    char *shared, *scratch;
};

static struct running_pass place_pass(const struct machine *machine, const struct pass *p, const struct pass_plan *plan,
                                      char *scratch) {
    struct running_pass r = {.machine = machine,
                             .pass = p,
                             .plan = plan,
                             .rows = plan->rows,
                             .shared = scratch + plan->shared,
                             .scratch = scratch};
    r.state = (float *)(scratch + plan->state);
    r.normed = config_of(p)->norm.place == NORM_AFTER ? r.state : (float *)(scratch + plan->normed);
    r.input = reads_state(config_of(p)) ? r.state : r.normed;
    r.change = (float *)(scratch + plan->change);
    r.second = (float *)(scratch + plan->second);
    ledger_open(&plan->scratch, scratch);
    if (!r.rows.packed) return r;
    int64_t *starts = (int64_t *)(scratch + plan->starts), *context = (int64_t *)(scratch + plan->context_starts);
    packed_starts(&r.rows.own, starts);
    packed_starts(&r.rows.context, context);
    r.rows.starts = starts, r.rows.context_starts = context;
    return r;
}

/* The norm of a sum: where only results are normalised, just the last one of the stack. */
static const struct norm *next_norm(const struct running_pass *r, const struct norm *own,
                                    const struct norm *following) {
    const struct stack *stack = r->pass->input.stack;
    if (stack->config.norm.place == NORM_RESULT) return following == &stack->final_norm ? following : NULL;
    return stack->config.norm.place == NORM_AFTER ? own : following;
}

/* Adds the result of a sub-layer. `own` is that sub-layer's norm, `after` that of its result, `following` that of the
 * next sub-layer, and `scale` what the result is multiplied by. */
static void join(const struct running_pass *r, const struct norm *own, const struct norm *after, const float *scale,
                 const struct norm *following, int parallel) {
    const struct norm_config *c = &config_of(r->pass)->norm;
    const struct join j = {.state = r->state,
                           .change = r->change,
                           .second = parallel ? r->second : NULL,
                           .after = c->place == NORM_AROUND || c->place == NORM_RESULT ? after : NULL,
                           .scale = scale,
                           .next = next_norm(r, own, following),
                           .normed = r->normed,
                           .of_normed = c->of_residual,
                           .multiplier = (float)c->multiplier};
    join_rows(&r->machine->parallel, &j, config_of(r->pass)->width, r->rows.own.rows);
}

/* Weights [B][H][T][keys] of packed queries: those of padding, which nobody computes, become 0. */
static void clear_padding(const struct running_pass *r, const struct problem *p) {
    const struct view *weights = &p->weights;
    if (!r->rows.packed || !weights->data) return;
    for (int64_t i = 0; i < p->B * p->H; i++) {
        const int64_t length = r->rows.starts[i / p->H + 1] - r->rows.starts[i / p->H];
        float *rows = (float *)weights->data + i * weights->stride_h;
        memset(rows + length * weights->stride_s, 0,
               (size_t)(weights->stride_h - length * weights->stride_s) * sizeof *rows);
    }
}

/* With numbers that depend on the sequence, sequences are computed one by one: there is room for those of one. */
static void attend_with_bias(const struct running_pass *r, int64_t l) {
    const struct stack *s = r->pass->input.stack;
    const struct model_block *block = &s->blocks[l];
    const int64_t T = r->pass->input.T, size = T * s->config.width;
    const int64_t calls = score_bias_by_sequence(&s->config) ? r->pass->input.B : 1;
    float *bias = (float *)(r->scratch + r->plan->bias);
    char *work = r->scratch + r->plan->bias_work;
    score_bias_begin(r->machine, s, block, T, work);
    for (int64_t b = 0; b < calls; b++) {
        struct forward f = self_call(r->pass, &r->rows, l, r->input + b * size, r->change + b * size);
        struct visibility *v = &f.problem.visible;
        score_bias_run(r->machine, s, block, T, r->input + b * size, bias, work);
        v->mask_kind = MASK_ADDED, v->mask = bias, v->mask_dtype = SA_F32, v->mask_keys = T;
        v->mask_h = T * T, v->mask_t = T, v->mask_s = 1;
        if (v->key_lengths) v->key_lengths += b;
        if (f.problem.weights.data)
            f.problem.weights.data = (float *)f.problem.weights.data + b * f.problem.weights.stride_b;
        forward_run(r->machine, &f, &r->plan->self, r->shared);
    }
}

static void attend_self(const struct running_pass *r, int64_t l) {
    if (adds_score_bias(config_of(r->pass))) {
        attend_with_bias(r, l);
        return;
    }
    struct forward f = self_call(r->pass, &r->rows, l, r->input, r->change);
    forward_run(r->machine, &f, &r->plan->self, r->shared);
    clear_padding(r, &f.problem);
}

static void attend_cross(const struct running_pass *r, int64_t l) {
    struct forward f = cross_call(r->pass, &r->rows, l, r->input, r->change);
    forward_run(r->machine, &f, &r->plan->cross, r->shared);
    clear_padding(r, &f.problem);
}

static void feed_forward_to(const struct running_pass *r, const struct model_block *block, float *y) {
    feed_forward_run(r->machine, config_of(r->pass), block, &r->plan->feed_forward, r->rows.own.rows, r->input, y,
                     r->shared);
}

/* Two parallel sub-layers both read the state before either is added. */
static void finish_parallel(const struct running_pass *r, const struct model_block *block,
                            const struct norm *following) {
    if (!config_of(r->pass)->one_norm)
        norm_rows(&r->machine->parallel, &block->feed_forward_norm, r->rows.own.rows, r->state, r->normed);
    feed_forward_to(r, block, r->second);
    join(r, NULL, NULL, NULL, following, 1);
}

static void run_block(const struct running_pass *r, int64_t l) {
    const struct stack *stack = r->pass->input.stack;
    const struct model_block *b = &stack->blocks[l];
    const struct norm *final = stack->config.norm.has_final ? &stack->final_norm : NULL;
    const struct norm *end = l + 1 < stack->config.layers ? &b[1].attention_norm : final;
    attend_self(r, l);
    if (stack->config.parallel) {
        finish_parallel(r, b, end);
        return;
    }
    join(r, &b->attention_norm, &b->attention_norm_after, b->attention_scale,
         b->cross ? &b->cross_norm : &b->feed_forward_norm, 0);
    if (b->cross) {
        attend_cross(r, l);
        join(r, &b->cross_norm, &b->cross_norm_after, NULL, &b->feed_forward_norm, 0);
    }
    feed_forward_to(r, b, r->change);
    join(r, &b->feed_forward_norm, &b->feed_forward_norm_after, b->feed_forward_scale, end, 0);
}

/* The states of all tokens, with padding: r->state after block l - 1. */
static void give_hidden(const struct running_pass *r, int64_t l) {
    const int64_t width = config_of(r->pass)->width, size = r->pass->input.B * r->pass->input.T * width;
    float *to = r->pass->hidden_all;
    if (!to) return;
    memcpy(to + l * size, r->state, (size_t)(r->rows.own.rows * width) * sizeof *to);
    if (r->rows.packed) unpack_rows(&r->rows.own, to + l * size, width);
}

static void pack_all(const struct running_pass *r) {
    if (!r->rows.packed) return;
    pack_rows(&r->rows.own, r->state, config_of(r->pass)->width);
    if (r->pass->context) pack_rows(&r->rows.context, r->pass->context, config_of(r->pass)->context);
}

/* Also the context, which belongs to the caller. */
static void unpack_all(const struct running_pass *r, float *states) {
    if (!r->rows.packed) return;
    unpack_rows(&r->rows.own, states, config_of(r->pass)->width);
    if (r->pass->context) unpack_rows(&r->rows.context, r->pass->context, config_of(r->pass)->context);
}

float *pass_run(const struct machine *machine, const struct pass *p, const struct pass_plan *plan, char *scratch) {
    const struct stack *stack = p->input.stack;
    const struct running_pass r = place_pass(machine, p, plan, scratch);
    const int64_t rows = r.rows.own.rows;
    input_run(machine, &p->input, r.state, r.shared);
    pack_all(&r);
    give_hidden(&r, 0);
    if (!reads_state(&stack->config) && stack->config.norm.has_first)
        norm_rows(&machine->parallel, &stack->blocks[0].attention_norm, rows, r.state, r.normed);
    else if (!reads_state(&stack->config))
        memcpy(r.normed, r.state, (size_t)(rows * stack->config.width) * sizeof(float));
    for (int64_t l = 0; l < stack->config.layers; l++) {
        run_block(&r, l);
        give_hidden(&r, l + 1);
    }
    float *states = stack->config.norm.has_final ? r.normed : r.state;
    unpack_all(&r, states);
    ledger_close(&plan->scratch, scratch);
    return states;
}
