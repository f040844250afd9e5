/* A whole layer:  X -> Q, K, V -> attention -> joined heads -> Y. The one way from a checked call to its tasks, for
 * sa_forward() and for the blocks of a model.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_FORWARD_H
#define SA_FLOW_FORWARD_H

#include "base/ledger.h"
#include "plan/cache.h"
#include "plan/layer.h"
#include "plan/plan.h"

/* A call of a layer, checked: what it computes, and of what. forward_of() fills in what the layer says; sizes, masks
 * and optional outputs of the problem are the caller's; forward_run() adds the views in between. */
struct forward {
    const struct sa_layer *layer;
    struct view x, context, y;
    struct problem problem;
    int has_context;        /* keys and values are made of the context's tokens, not of x's */
    int64_t N;              /* tokens that new keys and values are made of: the context's, or x's */
    struct sa_cache *cache; /* NULL: none */
    int64_t cache_layer;
    int reading;              /* keys and values are in the cache already, none are made */
    const int64_t *lengths;   /* [B] how many new keys of each sequence are real; NULL: all. Only with a cache */
    const int64_t *positions; /* [B,T] or NULL */
};

/* What is decided for a call. That depends on sizes and types alone, not on where data lies or how it is masked: a plan
 * holds for every layer of the same sizes whose weights have the same types, and for fewer keys, as long as their
 * chunks (see plan_keys()) are as many. */
struct forward_plan {
    struct plan attention;
    int64_t projected[2]; /* where q (or q, k, v side by side), and k with v, lie in scratch memory, in bytes; ... */
    int64_t kept;         /* ... the queries that meet the cache's first keys; ... */
    int64_t joined;       /* ... the joined heads; ... */
    int64_t work;         /* ... and the scratch memory of one step after the other */
    struct ledger scratch;
};

struct forward forward_of(const struct sa_layer *layer);

/* What the call's cache says about which keys are seen. To be called when problem.visible is filled in. */
void forward_see_cache(struct forward *forward);

/* Plans the call; 0 if sizes do not fit, else 1. */
int forward_plan(const struct machine *machine, const struct forward *forward, struct forward_plan *plan);

/* The same for one more layer of a stack: their sizes are the same and only their weights' types may differ, so that
 * the plan which needs most serves all. *most is {0} before the first. */
int forward_plan_most(const struct machine *machine, const struct forward *forward, struct forward_plan *most);

/* Runs it with plan->scratch.bytes bytes of scratch memory. Where keys are added to a cache, there has to be room for
 * them. */
void forward_run(const struct machine *machine, struct forward *forward, const struct forward_plan *plan,
                 void *scratch);

#endif
