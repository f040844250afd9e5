/* Latent attention: a layer whose keys and values all come from one small vector per token. It runs in two forms:
 *
 *   expanded   keys and values of all heads are made from the latent vectors, then it is attention of H heads
 *   absorbed   the key matrix moves to the queries and the value matrix to the results; the latent vectors themselves
 *              are the keys and the values of all heads
 *
 * x -> [low ->] queries of D + R numbers a head; x -> rows of a latent vector, normalised, and a rotated key.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_LATENT_H
#define SA_FLOW_LATENT_H

#include "flow/forward.h"

/* All decisions for a call, as in struct forward_plan. Places in scratch memory, in bytes: */
struct latent_plan {
    int expanded;
    struct plan attention;
    int64_t low;      /* [B,T,rank]       what queries are made of, if not of x */
    int64_t query;    /* [B,T,H,D+R] */
    int64_t rows;     /* [B,T,L+R]        new latent vectors with their rotated keys */
    int64_t absorbed; /* [B,T,H,L+R]      queries for latent vectors */
    int64_t sums;     /* [B,T,H,L]        weighted latent vectors */
    int64_t held;     /* [B,S,L+R]        those of the cache, as floats */
    int64_t up;       /* [B,S,H,D+Dv]     the keys without their rotated part, and values */
    int64_t keys;     /* [B,S,H,D+R] */
    int64_t joined;   /* [B,T,H*Dv] */
    int64_t work;     /* what the steps use in turn */
    struct ledger scratch;
};

/* Chooses between the forms by the number of their multiplications. */
int latent_prefers_expanded(const struct forward *forward);

/* Plans the call of a layer with latent_size, and fills in what the form decides about the problem; 0 if sizes do not
 * fit, else 1. */
int latent_plan(const struct machine *machine, struct forward *forward, int expanded, struct latent_plan *plan);

/* Runs it with plan->scratch.bytes bytes of scratch memory. A cache has to have room for the new rows. */
void latent_run(const struct machine *machine, struct forward *forward, const struct latent_plan *plan, void *scratch);

#endif
