/* Which keys a query may see. The masking rules are implemented only here.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_VISIBLE_H
#define SA_FLOW_VISIBLE_H

#include "base/arith.h"
#include "flow/block_list.h"
#include "plan/problem.h"

#include <float.h>
#include <math.h>

/* Keys first <= j < last; empty when first >= last. */
struct range {
    int64_t first, last;
};

static inline int64_t keys_of(const struct problem *p, int64_t b) {
    const struct visibility *v = &p->visible;
    if (v->key_starts) return v->key_starts[b + 1] - v->key_starts[b];
    return v->key_lengths ? v->key_lengths[b] : p->S;
}

static inline int64_t query_count(const struct problem *p, int64_t b) {
    return p->query_starts ? p->query_starts[b + 1] - p->query_starts[b] : p->T;
}

/* The position of query t of sequence b among the keys. */
static inline int64_t position_of(const struct problem *p, int64_t b, int64_t t) {
    const struct visibility *v = &p->visible;
    return t + (v->bottom_right ? keys_of(p, b) - query_count(p, b) : v->offsets ? v->offsets[b] : v->offset);
}

/* The keys that lengths, causality and window leave visible for query t of sequence b. Keys below visible.keep are also
 * visible, up to `last`. */
static inline struct range visible_range(const struct problem *p, int64_t b, int64_t t) {
    const struct visibility *v = &p->visible;
    int64_t keys = keys_of(p, b), position = position_of(p, b, t), right = v->causal ? 0 : v->right;
    int64_t first = max_i64(v->held ? v->held[b] : 0, position - v->left);
    return (struct range){first, min_i64(keys, position + right + 1)};
}

/* The mask tensor's row for query t of head h; NULL without a mask. */
static inline const void *mask_row(const struct visibility *v, int64_t b, int64_t h, int64_t t) {
    if (v->mask_kind == MASK_NONE) return NULL;
    int64_t at = b * v->mask_b + h * v->mask_h + t * v->mask_t;
    return (const char *)v->mask + at * (v->mask_kind == MASK_BOOL ? 1 : element_size(v->mask_dtype));
}

/* Whether the mask tensor leaves key j visible; then *bias is to be added to its score. */
static inline int mask_allows(const struct visibility *v, const void *row, int64_t j, float *bias) {
    *bias = 0;
    if (!row) return 1;
    if (j >= v->mask_keys) return 0;
    if (v->mask_kind == MASK_BOOL) return ((const uint8_t *)row)[j * v->mask_s] != 0;
    *bias = element_load(row, v->mask_dtype, j * v->mask_s);
    return *bias != -INFINITY;
}

/* What rules add to head h's score of a key `distance` behind its query's position (negative: before it). Slopes count
 * distances from `shift` on. */
static inline float rule_bias(const struct score_rules *rules, int64_t h, int64_t distance, int64_t shift) {
    float sum = 0;
    if (rules->slopes) sum = rules->slopes[h] * (float)(distance - shift);
    if (rules->bias) {
        int64_t reach = rules->reach, d = max_i64(-reach, min_i64(reach, distance));
        sum += rules->bias[h * (2 * reach + 1) + reach + d];
    }
    return sum;
}

/* What one query sees: a range, its line of a block list, and its row of the mask tensor. */
struct sight {
    struct range range;
    struct line line;
    const void *mask;
};

static inline struct sight sight_of_query(const struct problem *p, int64_t b, int64_t h, int64_t t) {
    return (struct sight){visible_range(p, b, t), line_of(&p->blocks, b, h, t), mask_row(&p->visible, b, h, t)};
}

/* All three together. */
static inline int visible(const struct problem *p, const struct sight *sight, int64_t j, float *bias) {
    *bias = 0;
    return (j >= sight->range.first || j < p->visible.keep) && j < sight->range.last && is_in_line(&sight->line, j) &&
           mask_allows(&p->visible, sight->mask, j, bias);
}

/* The distance, as in rule_bias, of the visible key that is nearest to a query at `position`; 0 if there is none. A
 * softmax does not change if all scores of a row are shifted. Slopes that count from there add small numbers to the
 * largest scores, also if all visible keys are far; large numbers would cost bits of these scores. */
static inline int64_t nearest_distance(const struct problem *p, const struct sight *sight, int64_t position) {
    const struct range range = sight->range;
    int64_t kept = min_i64(p->visible.keep, range.last);
    struct range near = range.first < range.last ? range : (struct range){0, kept};
    if (near.first >= near.last) return 0;
    int64_t start = max_i64(near.first, min_i64(position, near.last - 1));
    float bias;
    for (int64_t before = start, after = start; before >= 0 || after < range.last; before--, after++) {
        if (before >= 0 && visible(p, sight, before, &bias)) return before - position;
        if (visible(p, sight, after, &bias)) return after - position;
    }
    return 0;
}

/* The weight exp(score - maximum) of a visible key for a value that is NaN or infinite. If the exponential of a finite
 * score underflowed to 0, the weight is a small positive number, so that an infinite value stays infinite. */
static inline float weight_of_odd(float weight, float score) {
    return weight == 0 && isfinite(score) ? FLT_MIN : weight;
}

#endif
