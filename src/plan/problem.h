/* One attention problem in internal terms: checked, defaults filled in, sizes known to fit.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_PROBLEM_H
#define SA_PLAN_PROBLEM_H

#include <stdint.h>

/* Element (b,h,s,d) lies at data + b*stride_b + h*stride_h + s*stride_s + d*stride_d. */
struct view {
    float *data;
    int64_t stride_b, stride_h, stride_s, stride_d;
};

static inline float *view_row(const struct view *v, int64_t b, int64_t h, int64_t s) {
    return v->data + b * v->stride_b + h * v->stride_h + s * v->stride_s;
}

enum mask_kind { MASK_NONE, MASK_BOOL, MASK_ADDED };

/* Largest magnitude of a position, offset or window: sums of three of them fit. */
#define POSITION_MAX ((int64_t)1 << 60)

/* Which keys a query may see: an interval per query, and optionally a mask tensor on top. */
struct visibility {
    const int64_t *key_lengths; /* [B] or NULL */
    const int64_t *offsets;     /* [B] or NULL: offset holds for all */
    int64_t offset;
    int bottom_right; /* the offset is (keys of the sequence) - T */
    int causal;
    int64_t left, right; /* window, POSITION_MAX where unbounded */
    enum mask_kind mask_kind;
    const void *mask; /* uint8_t or float */
    int64_t mask_keys, mask_b, mask_h, mask_t, mask_s;
};

struct problem {
    int64_t B, H, K, T, S, D, Dv;
    int64_t G; /* query heads per key/value head, H / K */
    struct view query, key, value, output;
    struct view lse;     /* data NULL: not wanted */
    struct view weights; /* data NULL: not wanted */
    int32_t weights_kind;
    float scale, softcap; /* softcap 0: none */
    struct visibility visible;
};

#endif
