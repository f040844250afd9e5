/* SPDX-License-Identifier: MIT */
#include "stack/pass.h"

#include "stack/norm.h"
#include "stack/pass_calls.h"
#include "stack/rows.h"
#include "stack/score_bias.h"

#include <string.h>

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
    r.normed = pass_config(p)->norm.place == NORM_AFTER ? r.state : (float *)(scratch + plan->normed);
    r.input = reads_state(pass_config(p)) ? r.state : r.normed;
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
    const struct norm_config *c = &pass_config(r->pass)->norm;
    const struct join j = {.state = r->state,
                           .change = r->change,
                           .second = parallel ? r->second : NULL,
                           .after = c->place == NORM_AROUND || c->place == NORM_RESULT ? after : NULL,
                           .scale = scale,
                           .next = next_norm(r, own, following),
                           .normed = r->normed,
                           .of_normed = c->of_residual,
                           .multiplier = (float)c->multiplier};
    join_rows(&r->machine->parallel, &j, pass_config(r->pass)->width, r->rows.own.rows);
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
        struct forward f = pass_self_call(r->pass, &r->rows, l, r->input + b * size, r->change + b * size);
        struct visibility *v = &f.problem.visible;
        score_bias_run(r->machine, s, block, T, r->input + b * size, bias, work);
        v->mask_kind = MASK_ADDED, v->mask = bias, v->mask_dtype = SA_F32, v->mask_keys = T;
        v->mask_h = T * T, v->mask_t = T, v->mask_s = 1;
        if (v->key_lengths) v->key_lengths += b;
        struct summaries *about = &f.problem.summaries;
        struct view *const outputs[] = {&f.problem.weights, &f.queries, &f.keys, &about->entropy,
                                        &about->strongest_weights};
        for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
            if (outputs[i]->data) outputs[i]->data = (float *)outputs[i]->data + b * outputs[i]->stride_b;
        if (about->strongest) about->strongest_keys += b * s->config.heads * T * about->strongest;
        forward_run(r->machine, &f, &r->plan->self, r->shared);
    }
}

static void attend_self(const struct running_pass *r, int64_t l) {
    if (adds_score_bias(pass_config(r->pass))) {
        attend_with_bias(r, l);
        return;
    }
    struct forward f = pass_self_call(r->pass, &r->rows, l, r->input, r->change);
    forward_run(r->machine, &f, &r->plan->self, r->shared);
    clear_padding(r, &f.problem);
}

static void attend_cross(const struct running_pass *r, int64_t l) {
    struct forward f = pass_cross_call(r->pass, &r->rows, l, r->input, r->change);
    forward_run(r->machine, &f, &r->plan->cross, r->shared);
    clear_padding(r, &f.problem);
}

static void feed_forward_to(const struct running_pass *r, const struct model_block *block, float *y) {
    feed_forward_run(r->machine, pass_config(r->pass), block, &r->plan->feed_forward, r->rows.own.rows, r->input, y,
                     r->shared);
}

/* Two parallel sub-layers both read the state before either is added. */
static void finish_parallel(const struct running_pass *r, const struct model_block *block,
                            const struct norm *following) {
    if (!pass_config(r->pass)->one_norm)
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
    const int64_t width = pass_config(r->pass)->width, size = r->pass->input.B * r->pass->input.T * width;
    float *to = r->pass->hidden_all;
    if (!to) return;
    memcpy(to + l * size, r->state, (size_t)(r->rows.own.rows * width) * sizeof *to);
    if (r->rows.packed) unpack_rows(&r->rows.own, to + l * size, width);
}

struct mixing {
    const float *state;
    float *mixed, share;
    int is_first;
};

static void mix_numbers(void *arg, int64_t first, int64_t last) {
    const struct mixing *m = arg;
    for (int64_t i = first; i < last; i++) m->mixed[i] = (m->is_first ? 0 : m->mixed[i]) + m->share * m->state[i];
}

/* Adds the states after block l - 1 to the sum of all. */
static void mix(const struct running_pass *r, int64_t l, const float *state) {
    const float *shares = r->pass->mix;
    if (!shares) return;
    struct mixing mixing = {state, (float *)(r->scratch + r->plan->mixed), shares[l], l == 0};
    numbers_run(&r->machine->parallel, r->rows.own.rows * pass_config(r->pass)->width, mix_numbers, &mixing);
}

static void pack_all(const struct running_pass *r) {
    if (!r->rows.packed) return;
    pack_rows(&r->rows.own, r->state, pass_config(r->pass)->width);
    if (r->pass->context) pack_rows(&r->rows.context, r->pass->context, pass_config(r->pass)->context);
}

/* Also the context, which belongs to the caller. */
static void unpack_all(const struct running_pass *r, float *states) {
    if (!r->rows.packed) return;
    unpack_rows(&r->rows.own, states, pass_config(r->pass)->width);
    if (r->pass->context) unpack_rows(&r->rows.context, r->pass->context, pass_config(r->pass)->context);
}

float *pass_run(const struct machine *machine, const struct pass *p, const struct pass_plan *plan, char *scratch) {
    const struct stack *stack = p->input.stack;
    const struct running_pass r = place_pass(machine, p, plan, scratch);
    const int64_t rows = r.rows.own.rows;
    input_run(machine, &p->input, r.state, r.shared);
    pack_all(&r);
    give_hidden(&r, 0);
    mix(&r, 0, r.state);
    if (!reads_state(&stack->config) && stack->config.norm.has_first)
        norm_rows(&machine->parallel, &stack->blocks[0].attention_norm, rows, r.state, r.normed);
    else if (!reads_state(&stack->config))
        memcpy(r.normed, r.state, (size_t)(rows * stack->config.width) * sizeof(float));
    struct watch *told = watch_begin(machine->parallel.watch, "layers", stack->config.layers);
    for (int64_t l = 0; l < stack->config.layers && !tasks_stop(&machine->parallel); l++) {
        run_block(&r, l);
        give_hidden(&r, l + 1);
        if (l + 1 < stack->config.layers) mix(&r, l + 1, r.state);
        watch_tell(told, l + 1);
    }
    watch_end(told);
    float *states = stack->config.norm.has_final ? r.normed : r.state;
    mix(&r, stack->config.layers, states);
    if (p->mix && r.rows.packed) unpack_rows(&r.rows.own, (float *)(scratch + plan->mixed), stack->config.width);
    unpack_all(&r, states);
    ledger_close(&plan->scratch, scratch);
    return states;
}
