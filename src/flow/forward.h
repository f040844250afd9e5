/* A whole layer:  X -> Q, K, V -> attention -> joined heads -> Y.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_FORWARD_H
#define SA_FLOW_FORWARD_H

#include "plan/cache.h"
#include "plan/layer.h"
#include "plan/plan.h"

struct forward {
    const struct sa_layer *layer;
    struct view x, context, y; /* context.data NULL: self-attention */
    struct problem problem;    /* sizes, masks, optional outputs; forward_plan() adds the views in between */
    struct plan plan;
    int64_t projected[3], joined; /* where Q, K, V and the joined heads lie in scratch, in bytes; ... */
    int64_t kept;                 /* ... and the queries that meet the cache's first keys */
    struct sa_cache *cache;       /* NULL: none */
    int64_t cache_layer;
    int reading;              /* keys and values are in the cache already, none are made */
    const int64_t *lengths;   /* [B] how many new keys of each sequence are real; NULL: all */
    const int64_t *positions; /* [B,T] or NULL */
    int64_t N;                /* new keys per sequence: tokens of the context, or of x */
    int64_t work;             /* where the scratch of one step after the other begins */
    int64_t bytes;            /* scratch in all */
};

/* Plans the call; 0 if sizes do not fit, else 1. */
int forward_plan(const struct machine *machine, struct forward *f);

/* Runs it with f->bytes bytes of scratch. */
void forward_run(const struct machine *machine, struct forward *f, void *scratch);

#endif
