/* SPDX-License-Identifier: MIT */
#include "train/graph.h"

#include "base/arith.h"
#include "flow/forward.h"

/* Queries, keys and values of a block. */
struct heads {
    struct value q, k, v;
};

/* Queries (0), keys (1) or values (2) among the columns of one matrix for all, group by group. */
static struct value third(struct tape *t, const struct stack_config *c, struct value all, int which) {
    const int64_t q = c->heads / c->head_groups * c->head_size, kv = c->kv_heads / c->head_groups * c->head_size;
    const int behind = which == (c->value_first ? 1 : 2);
    return op_columns(t, all, which ? q + (behind ? kv : 0) : 0, which ? kv : q, q + 2 * kv,
                      (which ? kv : q) * c->head_groups);
}

static struct heads project_self(struct graph *g, const struct bound *b, struct value x) {
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    const int64_t q = c->heads * c->head_size, kv = c->kv_heads * c->head_size;
    struct heads h;
    if (c->packing == PACKING_SEPARATE) {
        h.q = graph_linear(g, x, &b[QUERY], c->in_out, q);
        h.k = graph_linear(g, x, &b[KEY], c->in_out, kv);
        h.v = graph_linear(g, x, &b[VALUE], c->in_out, kv);
        return h;
    }
    const struct value all = graph_linear(g, x, &b[QKV], c->in_out, q + 2 * kv);
    return (struct heads){third(t, c, all, 0), third(t, c, all, 1), third(t, c, all, 2)};
}

static struct heads project_cross(struct graph *g, const struct bound *b, struct value x) {
    const struct stack_config *c = &g->stack->config;
    const int64_t q = c->heads * c->head_size, kv = c->kv_heads * c->head_size;
    struct heads h;
    h.q = graph_linear(g, x, &b[CROSS_QUERY], c->in_out, q);
    h.k = graph_linear(g, g->context, &b[CROSS_KEY], c->in_out, kv);
    h.v = graph_linear(g, g->context, &b[CROSS_VALUE], c->in_out, kv);
    return h;
}

/* An RMS norm of each head, or of all together. */
static struct value norm_heads(struct graph *g, const struct bound *norm, double epsilon, struct value x) {
    const struct stack_config *c = &g->stack->config;
    const struct norm_form form = {1, c->norm.kind == NORM_RMS_PLUS_ONE, epsilon};
    const int64_t width = c->norm_all_heads ? x.width : c->head_size;
    return as_rows_of(op_norm(&g->trainer->tape, as_rows_of(x, width), form, graph_parameter(g, norm->weight), NULL),
                      x.width);
}

static void prepare_heads(struct graph *g, const struct sa_layer *layer, const struct bound *b, struct heads *h) {
    if (g->stack->config.head_norms) {
        h->q = norm_heads(g, &b[QUERY_NORM], (double)layer->query_norm.epsilon, h->q);
        h->k = norm_heads(g, &b[KEY_NORM], (double)layer->key_norm.epsilon, h->k);
    }
    if (!layer->rotation.rotary) return;
    h->q = op_rotate(&g->trainer->tape, h->q, &layer->rotation, layer->D, g->T);
    h->k = op_rotate(&g->trainer->tape, h->k, &layer->rotation, layer->D, g->T);
}

static struct problem problem_of(const struct graph *g, const struct model_block *block, int is_cross) {
    const int causal = !is_cross && g->stack->config.causal;
    struct problem p = forward_of(is_cross ? block->cross : block->attention).problem;
    p.B = g->B, p.T = g->T, p.S = is_cross ? g->S : g->T;
    p.visible = (struct visibility){.left = WINDOW_UNBOUNDED, .right = WINDOW_UNBOUNDED, .causal = causal};
    p.visible.key_lengths = is_cross ? g->context_lengths : g->lengths;
    p.dropout = graph_dropout(g, g->trainer->config.attention_dropout);
    if (is_cross || !block->window) return p;
    p.visible.window = 1;
    p.visible.left = min_i64(block->window - 1, WINDOW_UNBOUNDED);
    p.visible.right = causal ? WINDOW_UNBOUNDED : p.visible.left;
    return p;
}

struct value graph_attention(struct graph *g, int64_t l, struct value x, int is_cross) {
    const struct stack_config *c = &g->stack->config;
    const struct model_block *block = &g->stack->blocks[l];
    const struct bound *b = g->bound->blocks[l];
    struct tape *t = &g->trainer->tape;
    struct heads h = is_cross ? project_cross(g, b, x) : project_self(g, b, x);
    const struct problem p = problem_of(g, block, is_cross);
    struct value bias = {0};
    if (!is_cross) prepare_heads(g, block->attention, b, &h);
    if (!is_cross && g->buckets)
        bias = op_relative_bias(t, graph_parameter(g, b[RELATIVE_BIAS].weight), g->buckets, c->heads, p.rules.reach);
    struct parameter *sinks = is_cross ? NULL : graph_parameter(g, b[SINKS].weight);
    const struct value joined = op_attention(t, &p, h.q, h.k, h.v, bias, sinks);
    return graph_linear(g, joined, &b[is_cross ? CROSS_OUTPUT : ATTENTION_OUTPUT], c->in_out, c->width);
}
