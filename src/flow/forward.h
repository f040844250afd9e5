/* A whole layer: X -> Q, K, V -> attention -> joined heads -> Y. sa_forward() and the blocks of a model run it in the
 * same way.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_FORWARD_H
#define SA_FLOW_FORWARD_H

#include "base/ledger.h"
#include "flow/heads.h"
#include "plan/cache.h"
#include "plan/layer.h"
#include "plan/plan.h"

/* A checked call of a layer: its inputs and outputs. forward_of() fills in what the layer decides. The caller adds
 * sizes, masks and optional outputs of the problem; forward_run() adds the views between the steps. */
struct forward {
    const struct sa_layer *layer;
    struct view x, context, y;
    struct problem problem;
    int has_context;        /* keys and values are computed from the context, not from x */
    int64_t N;              /* tokens from which new keys and values are computed: the context's, or x's */
    struct sa_cache *cache; /* NULL: none */
    int64_t cache_layer;
    int reading;              /* keys and values are in the cache already, no new ones are computed */
    const int64_t *lengths;   /* [B] how many new keys of each sequence are real; NULL: all. Only with a cache */
    const int64_t *positions; /* [B,T] or NULL */
    int packed;               /* packed sequences: their starts are the problem's, which planning does not read; x has
                                 `rows` rows of them, and N are those of the context, or of x */
    int64_t rows;
    struct view queries, keys; /* what scores are products of, for the caller: queries times the scale; data NULL: not
                                  wanted. Not with a cache */
};

/* All decisions for a call. They depend on sizes and types alone, not on addresses or masks. So a plan holds for all
 * layers with the same sizes and types of weights; also for fewer keys, if their number of chunks is the same (see
 * plan_keys()). */
struct forward_plan {
    struct plan attention;
    int64_t projected[2]; /* where q (or q, k, v side by side), and k with v, lie in scratch memory, in bytes; ... */
    int64_t kept;         /* ... the queries for the cache's kept first keys; ... */
    int64_t joined;       /* ... the joined heads; ... */
    int64_t work;         /* ... and the scratch memory that the steps use in turn */
    struct ledger scratch;
};

struct forward forward_of(const struct sa_layer *layer);

/* Adds the rules of the call's cache about visible keys. To be called after problem.visible is filled in. */
void forward_see_cache(struct forward *forward);

/* What is done with projected queries, and with new keys, that lie in these views: they are normalised and rotated. */
struct heads_step forward_queries(const struct forward *forward, const struct view *queries);
struct heads_step forward_keys(const struct forward *forward, const struct view *keys);

/* Projections see packed sequences as one, of all their rows: how many sequences there are for them, and how many rows
 * of x and y in each. */
static inline int64_t forward_batch(const struct forward *forward) {
    return forward->packed ? 1 : forward->problem.B;
}
static inline int64_t forward_rows(const struct forward *forward) {
    return forward->packed ? forward->rows : forward->problem.T;
}

/* Plans the call; 0 if sizes do not fit, else 1. */
int forward_plan(const struct machine *machine, const struct forward *forward, struct forward_plan *plan);

/* The same for one more layer of a stack. The layers have the same sizes, and only the types of their weights may
 * differ; so the plan that needs the most memory is right for all. *most is {0} before the first layer. */
int forward_plan_most(const struct machine *machine, const struct forward *forward, struct forward_plan *most);

/* Runs it with plan->scratch.bytes bytes of scratch memory. If keys are added to a cache, it has to have room for
 * them. */
void forward_run(const struct machine *machine, struct forward *forward, const struct forward_plan *plan,
                 void *scratch);

#endif
