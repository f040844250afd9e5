/* What is known about the weights without storing them: see sa_summaries. Sums over the queries of a key grow in
 * several tasks at once. They are integers, in units of SUMMARY_UNIT, so that the order of the tasks has no effect.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_SUMMARIES_H
#define SA_FLOW_SUMMARIES_H

#include "plan/plan.h"

#include <math.h>
#include <stdatomic.h>

/* Units of 1; a key's sum of up to 2^22 weights fits. */
#define SUMMARY_UNIT 0x1p40

/* The accumulators of a call, in its scratch memory: both [keys of all sequences and heads]. */
struct key_summaries {
    _Atomic int64_t *sums;
    _Atomic uint32_t *maxima; /* bits of a float >= 0, which ascend as it does; those of NaN are above all */
};

static inline struct key_summaries key_summaries_at(const struct plan *plan, char *scratch) {
    return (struct key_summaries){(_Atomic int64_t *)(scratch + plan->key_sums),
                                  (_Atomic uint32_t *)(scratch + plan->key_maxima)};
}

/* The place of key j's accumulators. */
static inline int64_t summary_place(const struct problem *p, int64_t b, int64_t h, int64_t j) {
    const int64_t *starts = p->visible.key_starts;
    return starts ? h * starts[p->B] + starts[b] + j : (b * p->H + h) * p->S + j;
}

/* Where the numbers of the strongest keys of a query stand. */
static inline int32_t *strongest_keys_of(const struct problem *p, int64_t b, int64_t h, int64_t t) {
    const int64_t *starts = p->query_starts,
                  row = starts ? h * starts[p->B] + starts[b] + t : (b * p->H + h) * p->T + t;
    return p->summaries.strongest_keys + row * p->summaries.strongest;
}

/* Adds the sum and the largest of some weights of a key. */
static inline void add_to_key(const struct key_summaries *k, int64_t place, double sum, float largest) {
    union {
        float number;
        uint32_t bits;
    } most = {isnan(sum) ? NAN : largest};
    most.bits &= 0x7fffffff;
    if (!isnan(sum))
        atomic_fetch_add_explicit(&k->sums[place], (int64_t)(sum * SUMMARY_UNIT + 0.5), memory_order_relaxed);
    uint32_t old = atomic_load_explicit(&k->maxima[place], memory_order_relaxed);
    while (old < most.bits && !atomic_compare_exchange_weak_explicit(&k->maxima[place], &old, most.bits,
                                                                     memory_order_relaxed, memory_order_relaxed))
        continue;
}

/* A list of the largest weights of a query, descending; equal ones by key. Empty places have the weight 0. */
static inline void insert_strongest(float *weights, int32_t *keys, int64_t count, float weight, int64_t key) {
    int64_t at = count - 1;
    for (; at > 0 && weights[at - 1] < weight; at--) {
        weights[at] = weights[at - 1];
        keys[at] = keys[at - 1];
    }
    weights[at] = weight;
    keys[at] = (int32_t)key;
}

/* Before and after the tasks: clears the accumulators; writes the sums and maxima of keys. */
void clear_key_summaries(const struct problem *p, const struct plan *plan, char *scratch);
void write_key_summaries(const struct problem *p, const struct plan *plan, char *scratch);

#endif
