/* SPDX-License-Identifier: MIT */
#include "stack/pass_calls.h"

#include "base/arith.h"
#include "stack/score_bias.h"

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

/* The rows [B][heads][T][D] of a block in those of all blocks, likewise. */
static struct view heads_of(float *all, int64_t first, int64_t heads, int64_t T, int64_t D) {
    return (struct view){.data = all ? all + first * heads * T * D : NULL,
                         .stride_b = heads * T * D,
                         .stride_h = T * D,
                         .stride_s = D,
                         .stride_d = 1};
}

/* Those about the weights of block l. */
static struct summaries summaries_of(const struct pass *p, int64_t l, int64_t H) {
    const int64_t B = p->input.B, T = p->input.T, first = l * B * H * T * p->strongest;
    return (struct summaries){.entropy = heads_of(p->entropy, l * B, H, T, 1),
                              .strongest_weights = heads_of(p->strongest_weights, l * B, H, T, p->strongest),
                              .strongest_keys = p->strongest ? p->strongest_keys + first : NULL,
                              .strongest = p->strongest};
}

/* The call of a layer over the pass's rows, from x to y, with all keys visible. While planning, x and y are NULL. */
static struct forward call_of(const struct pass *p, const struct pass_rows *rows, const struct sa_layer *layer,
                              float *x, float *y) {
    struct forward f = forward_of(layer);
    f.problem.B = p->input.B, f.problem.T = f.N = p->input.T;
    f.problem.visible = (struct visibility){.left = WINDOW_UNBOUNDED, .right = WINDOW_UNBOUNDED};
    f.x = rows_of(x, p->input.T, pass_config(p)->width);
    f.y = rows_of(y, p->input.T, pass_config(p)->width);
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

struct forward pass_self_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y) {
    const struct stack_config *c = pass_config(p);
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
    f.problem.summaries = summaries_of(p, l, f.problem.H);
    f.queries = heads_of(p->score_queries, l * p->input.B, f.problem.H, p->input.T, f.problem.D);
    f.keys = heads_of(p->score_keys, l * p->input.B, f.problem.K, p->input.T, f.problem.D);
    return f;
}

struct forward pass_cross_call(const struct pass *p, const struct pass_rows *rows, int64_t l, float *x, float *y) {
    struct forward f = call_of(p, rows, p->input.stack->blocks[l].cross, x, y);
    f.problem.S = p->S;
    if (p->cross_cache) {
        f.problem.visible.align_default = 1;
        f.cache = p->cross_cache, f.cache_layer = l, f.reading = 1;
        forward_see_cache(&f);
    } else {
        f.problem.visible.key_lengths = p->context_lengths;
        f.has_context = 1, f.N = p->S;
        f.context = rows_of(p->context, p->S, pass_config(p)->context);
    }
    if (rows->packed) {
        f.N = rows->context.rows;
        if (!p->cross_attention) f.problem.S = rows->context.longest;
        f.problem.visible.key_starts = rows->context_starts, f.problem.visible.key_lengths = NULL;
    }
    f.problem.weights = weights_of(p->cross_attention, l * p->input.B, &f.problem, p->input.T, p->S);
    return f;
}
