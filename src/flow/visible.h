/* Which keys a query may see. The only place that knows the masking rules.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_VISIBLE_H
#define SA_FLOW_VISIBLE_H

#include "base/arith.h"
#include "plan/problem.h"

#include <float.h>
#include <math.h>

/* Keys first <= j < last; empty when first >= last. */
struct range {
    int64_t first, last;
};

static inline int64_t keys_of(const struct problem *p, int64_t b) {
    return p->visible.key_lengths ? p->visible.key_lengths[b] : p->S;
}

/* What lengths, causality and window leave of the keys for query t of sequence b. */
static inline struct range visible_range(const struct problem *p, int64_t b, int64_t t) {
    const struct visibility *v = &p->visible;
    int64_t keys = keys_of(p, b);
    int64_t offset = v->bottom_right ? keys - p->T : v->offsets ? v->offsets[b] : v->offset;
    int64_t position = t + offset;
    int64_t right = v->causal ? 0 : v->right;
    return (struct range){max_i64(0, position - v->left), min_i64(keys, position + right + 1)};
}

/* The mask tensor's row for query t of head h; NULL without a mask. */
static inline const void *mask_row(const struct visibility *v, int64_t b, int64_t h, int64_t t) {
    if (v->mask_kind == MASK_NONE) return NULL;
    int64_t at = b * v->mask_b + h * v->mask_h + t * v->mask_t;
    return (const char *)v->mask + at * (v->mask_kind == MASK_BOOL ? 1 : element_size(v->mask_dtype));
}

/* Whether the mask tensor lets key j be seen; then *bias is what to add to its score. */
static inline int mask_allows(const struct visibility *v, const void *row, int64_t j, float *bias) {
    *bias = 0;
    if (!row) return 1;
    if (j >= v->mask_keys) return 0;
    if (v->mask_kind == MASK_BOOL) return ((const uint8_t *)row)[j * v->mask_s] != 0;
    *bias = element_load(row, v->mask_dtype, j * v->mask_s);
    return *bias != -INFINITY;
}

/* Both rules together. */
static inline int visible(const struct problem *p, struct range range, const void *row, int64_t j, float *bias) {
    *bias = 0;
    return j >= range.first && j < range.last && mask_allows(&p->visible, row, j, bias);
}

/* The weight exp(score - maximum) of a visible key for a value that is NaN or infinite: where the exponential of a
 * finite score underflowed to 0 it stands for a small positive number, so that an infinite value stays infinite. */
static inline float weight_of_odd(float weight, float score) {
    return weight == 0 && isfinite(score) ? FLT_MIN : weight;
}

#endif
