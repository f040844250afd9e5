/* SPDX-License-Identifier: MIT */
#include "train/graph.h"

#include <string.h>

struct value graph_norm(const struct graph *g, const struct bound *norm, struct value x) {
    const struct norm_config *c = &g->stack->config.norm;
    const struct norm_form form = {.is_rms = c->kind == NORM_RMS || c->kind == NORM_RMS_PLUS_ONE,
                                   .plus_one = c->kind == NORM_RMS_PLUS_ONE || c->kind == NORM_LAYER_PLUS_ONE,
                                   .epsilon = c->epsilon};
    return op_norm(&g->trainer->tape, x, form, graph_parameter(g, norm->weight), graph_parameter(g, norm->bias));
}

struct value graph_linear(const struct graph *g, struct value x, const struct bound *b, int in_out, int64_t out) {
    struct tape *t = &g->trainer->tape;
    const struct adapter *a = parameter_at(&g->trainer->parameters, &g->trainer->model->file, b->weight)->adapter;
    const struct value y = op_linear(t, x, graph_weights(g, b, in_out, out));
    if (!a) return y;
    const struct dropout d = graph_dropout(g, a->dropout);
    const struct value inner =
        op_linear(t, drops(&d) ? op_dropout(t, x, d) : x, (struct weights){a->down, NULL, 0, a->rank});
    return op_add(t, y, op_linear(t, inner, (struct weights){a->up, NULL, 0, out}), a->scale);
}

struct dropout graph_dropout(const struct graph *g, double probability) {
    struct sa_trainer *t = g->trainer;
    if (!t->learns || probability == 0) return (struct dropout){0};
    const uint32_t seed[] = {(uint32_t)t->config.seed, (uint32_t)(t->config.seed >> 32)};
    const uint32_t place[] = {(uint32_t)t->updates, (uint32_t)(t->updates >> 32), (uint32_t)t->batches,
                              (uint32_t)t->dropouts++};
    uint32_t words[PHILOX_WORDS];
    philox(seed, place, words);
    return dropout_of(probability, words[0] | (uint64_t)words[1] << 32);
}

struct value graph_drop(const struct graph *g, struct value x) {
    const struct dropout d = graph_dropout(g, g->trainer->config.hidden_dropout);
    return drops(&d) ? op_dropout(&g->trainer->tape, x, d) : x;
}

/* Up and gate of one matrix: the gate's columns first, or last, or every other one. */
static struct value inner_columns(struct graph *g, struct value both, int is_gate) {
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    if (c->inner_packing == INNER_INTERLEAVED) return op_columns(t, both, is_gate ? 0 : 1, 1, 2, c->inner);
    const int is_first = is_gate == (c->inner_packing == INNER_GATE_UP);
    return op_columns(t, both, is_first ? 0 : c->inner, c->inner, c->inner, c->inner);
}

static struct value feed_forward(struct graph *g, int64_t l, struct value x) {
    const struct stack_config *c = &g->stack->config;
    const struct bound *b = g->bound->blocks[l];
    const enum activation f = (enum activation)c->activation;
    struct tape *t = &g->trainer->tape;
    const int packed = c->inner_packing != INNER_SEPARATE;
    const struct value both = packed ? graph_linear(g, x, &b[GATE_UP], c->in_out, 2 * c->inner) : (struct value){0};
    struct value up = packed ? inner_columns(g, both, 0) : graph_linear(g, x, &b[UP], c->in_out, c->inner);
    if (c->gated) {
        const struct value gate =
            packed ? inner_columns(g, both, 1) : graph_linear(g, x, &b[GATE], c->in_out, c->inner);
        up = op_multiply(t, op_activation(t, gate, f), up);
    } else {
        up = op_activation(t, up, f);
    }
    return graph_linear(g, up, &b[DOWN], c->in_out, c->width);
}

/* Sub-layers of a block, with the roles of their norms. */
enum sub_layer { SELF, CROSS, FEED_FORWARD };
static const enum block_role norms[] = {ATTENTION_NORM, CROSS_NORM, FEED_FORWARD_NORM},
                             norms_after[] = {ATTENTION_NORM_AFTER, CROSS_NORM_AFTER, FEED_FORWARD_NORM_AFTER};

/* The roles of layer scales; cross-attention has none. */
static const enum block_role scales[] = {[SELF] = ATTENTION_SCALE, [FEED_FORWARD] = FEED_FORWARD_SCALE};

/* The change that a sub-layer makes, before it is added. */
static struct value compute(struct graph *g, int64_t l, enum sub_layer which, struct value x) {
    return graph_drop(g, which == FEED_FORWARD ? feed_forward(g, l, x) : graph_attention(g, l, x, which == CROSS));
}

/* What a sub-layer reads: the state, or its norm. */
static struct value input_of(struct graph *g, int64_t l, enum sub_layer which, struct value state) {
    const struct norm_config *c = &g->stack->config.norm;
    const int first = l == 0 && which == SELF && !c->has_first;
    if (c->place == NORM_AFTER || c->place == NORM_RESULT || first) return state;
    return graph_norm(g, &g->bound->blocks[l][norms[which]], state);
}

static struct value run_sub_layer(struct graph *g, int64_t l, enum sub_layer which, struct value state) {
    const struct norm_config *c = &g->stack->config.norm;
    const struct bound *b = g->bound->blocks[l];
    const struct value input = input_of(g, l, which, state);
    struct value change = compute(g, l, which, input);
    if (c->place == NORM_AROUND || c->place == NORM_RESULT) change = graph_norm(g, &b[norms_after[which]], change);
    if (which != CROSS && b[scales[which]].weight)
        change = op_scale(&g->trainer->tape, change, graph_parameter(g, b[scales[which]].weight));
    const struct value sum = op_add(&g->trainer->tape, c->of_residual ? input : state, change, c->multiplier);
    return c->place == NORM_AFTER ? graph_norm(g, &b[norms[which]], sum) : sum;
}

/* Both sub-layers read the state before either is added. */
static struct value run_parallel(struct graph *g, int64_t l, struct value state) {
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    const struct value first = input_of(g, l, SELF, state);
    const struct value second = c->one_norm ? first : input_of(g, l, FEED_FORWARD, state);
    const struct value attended = compute(g, l, SELF, first), fed = compute(g, l, FEED_FORWARD, second);
    const struct value sum = op_add(t, c->norm.of_residual ? first : state, attended, c->norm.multiplier);
    return op_add(t, sum, fed, c->norm.multiplier);
}

static struct value run_block(struct graph *g, int64_t l, struct value state) {
    if (g->stack->config.parallel) return run_parallel(g, l, state);
    state = run_sub_layer(g, l, SELF, state);
    if (g->context.rows) state = run_sub_layer(g, l, CROSS, state);
    return run_sub_layer(g, l, FEED_FORWARD, state);
}

/* A block whose inner values are forgotten: what it takes to compute them again. */
struct forgotten {
    struct graph graph;
    int64_t layer, dropouts; /* draws before it */
};

static void compute_again(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct forgotten *f = s->data[0];
    const struct value in = s->in[0], out = s->out;
    struct graph g = f->graph;
    struct tape *t = &g.trainer->tape;
    const struct tape_mark mark = tape_mark(t);
    (void)ctx;
    g.trainer->dropouts = f->dropouts;
    const struct value again = run_block(&g, f->layer, in);
    if (t->status == SA_OK) {
        *again.given = 1;
        memcpy(again.gradient, out.gradient, (size_t)(out.rows * out.width) * sizeof *out.gradient);
        tape_backward_to(t, mark.count);
    }
    tape_rewind(t, mark);
}

/* Keeps the block's input and result alone. */
static struct value run_and_forget(struct graph *g, int64_t l, struct value state) {
    struct tape *t = &g->trainer->tape;
    const struct value out = tape_value(t, state.rows, state.width);
    struct forgotten *f = tape_memory(t, 1, sizeof *f);
    const struct tape_mark mark = tape_mark(t);
    if (!f) return out;
    *f = (struct forgotten){*g, l, g->trainer->dropouts};
    const struct value result = run_block(g, l, state);
    if (t->status == SA_OK) memcpy(out.x, result.x, (size_t)(out.rows * out.width) * sizeof *out.x);
    tape_rewind(t, mark);
    struct tape_step *s = tape_add(t, compute_again, out);
    if (!s) return out;
    s->in[0] = state;
    s->data[0] = f;
    return out;
}

/* Which bucket each distance has: those of a table whose entries are their own numbers. */
static const int32_t *find_buckets(struct graph *g) {
    const struct stack_config *c = &g->stack->config;
    const int64_t buckets = c->positions.buckets, reach = c->positions.distance, count = 2 * reach + 1;
    struct tape *t = &g->trainer->tape;
    if (!buckets) return NULL;
    float *table = tape_memory(t, buckets, sizeof *table), *bias = tape_memory(t, count, sizeof *bias);
    int32_t *numbers = tape_memory(t, count, sizeof *numbers);
    if (t->status != SA_OK) return NULL;
    for (int64_t i = 0; i < buckets; i++) table[i] = (float)i;
    t->status = sa_t5_distances(table, buckets, 1, reach, !c->causal, bias);
    for (int64_t i = 0; i < count; i++) numbers[i] = (int32_t)bias[i];
    return numbers;
}

struct value graph_run(struct graph *g) {
    const struct norm_config *c = &g->stack->config.norm;
    const int recompute = g->trainer->config.recompute != 0;
    g->buckets = find_buckets(g);
    struct value state = graph_drop(g, graph_input(g));
    struct watch *watch = &g->trainer->tape.ctx->watch, *told = watch_begin(watch, "layers", g->stack->config.layers);
    for (int64_t l = 0; l < g->stack->config.layers && g->trainer->tape.status == SA_OK; l++) {
        state = (recompute ? run_and_forget : run_block)(g, l, state);
        watch_tell(told, l + 1);
    }
    watch_end(told);
    if (c->place == NORM_AFTER || !c->has_final) return state;
    return graph_norm(g, &g->bound->once[FINAL_NORM], state);
}
