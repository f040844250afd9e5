/* One attention problem in internal terms: checked, defaults filled in, sizes known to fit.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_PROBLEM_H
#define SA_PLAN_PROBLEM_H

#include "base/dropout.h"
#include "base/half.h"

#include <stdint.h>

struct page_table;

/* Element (b,h,s,d) lies b*stride_b + h*stride_h + s*stride_s + d*stride_d elements after data. Packed sequences stand
 * one behind the other: sequence b then begins at row starts[b], and stride_b is not used. A view of a cache has tables
 * instead: its rows of `row` bytes lie in pages (see plan/cache.h), data is NULL, and stride_s holds within a page. */
struct view {
    void *data;
    int64_t stride_b, stride_h, stride_s, stride_d;
    int32_t dtype;         /* SA_F32, SA_BF16 or SA_F16; in a cache also SA_I8, rows then end with a float scale */
    const int64_t *starts; /* [B] or NULL */
    const struct page_table *tables; /* [B] or NULL */
    int64_t begin, row;              /* of a cache: where keys or values begin in a page, and bytes of a row */
};

/* The same for a view of a cache. */
void *cache_row(const struct view *v, int64_t b, int64_t h, int64_t s);

static inline void *view_row(const struct view *v, int64_t b, int64_t h, int64_t s) {
    if (v->tables) return cache_row(v, b, h, s);
    const int64_t sequence = v->starts ? v->starts[b] * v->stride_s : b * v->stride_b;
    return (char *)v->data + (sequence + h * v->stride_h + s * v->stride_s) * element_size(v->dtype);
}

/* The scale of a row of SA_I8: numbers are bytes times this. */
static inline float *view_scale(const struct view *v, const void *row) {
    return (float *)((char *)row + v->row - (int64_t)sizeof(float));
}

/* Element d of a row of the view. */
static inline float view_load(const struct view *v, const void *row, int64_t d) {
    if (v->dtype == SA_I8) return (float)((const int8_t *)row)[d] * *view_scale(v, row);
    return element_load(row, v->dtype, d * v->stride_d);
}
static inline void view_store(const struct view *v, void *row, int64_t d, float value) {
    element_store(row, v->dtype, d * v->stride_d, value);
}

/* The product of two rows: in double, since exp turns the error of a score into a relative error of a weight. */
static inline double view_dot(const struct view *a, const void *a_row, const struct view *b, const void *b_row,
                              int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)view_load(a, a_row, i) * view_load(b, b_row, i);
    return sum;
}

enum mask_kind { MASK_NONE, MASK_BOOL, MASK_ADDED };

/* Largest magnitude of a position, offset or window: sums of three of them fit. */
#define POSITION_MAX ((int64_t)1 << 60)

/* The reach of a window without an end: no position is further than this from a key. */
#define WINDOW_UNBOUNDED (2 * POSITION_MAX)

/* Which keys a query may see: an interval per query, and optionally a mask tensor as well. */
struct visibility {
    const int64_t *key_lengths; /* [B] or NULL */
    const int64_t *key_starts;  /* [B+1] of packed sequences, or NULL: sequence b has key_starts[b + 1] - key_starts[b]
                                   keys */
    const int64_t *offsets;     /* [B] or NULL: offset holds for all */
    int64_t offset;
    int bottom_right; /* the offset is (keys of the sequence) - T */
    int causal, window;
    int align_default;   /* nothing was said about the offset */
    const int64_t *held; /* [B] or NULL: earlier keys are gone, except those below keep */
    int64_t left, right; /* window, or WINDOW_UNBOUNDED */
    int64_t keep;        /* keys below this are visible, also outside of the window */
    enum mask_kind mask_kind;
    const void *mask; /* uint8_t, or numbers of mask_dtype */
    int32_t mask_dtype;
    int64_t mask_keys, mask_b, mask_h, mask_t, mask_s;
};

/* Numbers that rules add to scores, and sinks: see sa_score_rules. */
struct score_rules {
    const float *slopes; /* [H] or NULL */
    const float *bias;   /* [H, 2 * reach + 1] or NULL */
    int64_t reach;
    const float *sinks; /* [H] or NULL */
};

/* Keys in blocks, listed per block of queries: see sa_block_list. Query t of sequence b and head h has the blocks
 * indices[o[0]] .. indices[o[1] - 1], o = offsets + b * offsets_b + h * offsets_h + t / query_block. */
struct block_list {
    const int64_t *offsets; /* NULL: no list, every query sees every block */
    const int32_t *indices;
    int64_t query_block, key_block, offsets_b, offsets_h;
};

/* What the caller does to scores: see sa_score_callbacks. Each may be NULL. */
struct score_callbacks {
    void *user;
    sa_tile_question_fn mask_tile;
    sa_tile_change_fn mask_mod, score_mod, prob_mod;
};

/* Whether callbacks may hide keys. */
static inline int callbacks_hide(const struct score_callbacks *c) {
    return c->mask_tile || c->mask_mod || c->score_mod;
}
static inline int has_callbacks(const struct score_callbacks *c) {
    return callbacks_hide(c) || c->prob_mod;
}

/* Outputs about the weights: see sa_summaries. */
struct summaries {
    struct view key_sums, key_maxima;       /* data NULL: not wanted */
    struct view entropy, strongest_weights; /* likewise */
    int32_t *strongest_keys;
    int64_t strongest; /* how many per query; 0: not wanted */
};

/* Sizes of key blocks are multiples of this. */
enum { LIST_UNIT = 16 };

/* Whether rules add something to the scores. */
static inline int rules_add(const struct score_rules *rules) {
    return rules->slopes || rules->bias;
}

struct problem {
    int64_t B, H, K, T, S, D, Dv; /* T and S are those of the longest sequence */
    int64_t G;                    /* query heads per key/value head, H / K */
    const int64_t *query_starts;  /* [B+1] of packed sequences, or NULL: all have T queries */
    struct view query, key, value, output;
    struct view kept_query; /* used instead of query for keys below visible.keep; data NULL: none */
    struct view lse;        /* data NULL: not wanted */
    struct view weights;    /* data NULL: not wanted */
    int32_t weights_kind;
    float scale, softcap; /* softcap 0: none */
    int64_t chain;        /* how many terms of a score are summed up at a time: choose_chain() */
    struct visibility visible;
    struct score_rules rules;
    struct block_list blocks;
    struct score_callbacks callbacks;
    struct summaries summaries;
    struct dropout dropout; /* of weights, after the softmax */
};

/* Whether sums or maxima of keys are wanted, and whether any summary is. */
static inline int wants_keys(const struct problem *p) {
    return p->summaries.key_sums.data || p->summaries.key_maxima.data;
}
static inline int wants_summaries(const struct problem *p) {
    return wants_keys(p) || p->summaries.entropy.data || p->summaries.strongest;
}

/* The queries that key j is multiplied by. */
static inline const struct view *queries_for(const struct problem *p, int64_t j) {
    return p->kept_query.data && j < p->visible.keep ? &p->kept_query : &p->query;
}

#endif
