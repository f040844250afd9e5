/* The contents of sa_layer: sizes, and weights with a row per output. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_LAYER_H
#define SA_PLAN_LAYER_H

#include "base/memory.h"
#include "base/report.h"
#include "plan/linear.h"
#include "plan/machine.h"
#include "plan/problem.h"
#include "plan/rotation.h"

struct sa_layer {
    struct allocator memory;
    int64_t E, Ec, Eo;        /* widths of x, of the context, of y */
    int64_t H, K, G, D, Dv;   /* letters as in selfattn.h; G = H / K */
    float scale, softcap;     /* scale filled in */
    float clip;               /* of queries, keys and values behind the linears: heads_step; only of models */
    struct linear query;      /* E  -> H*D */
    struct linear key_value;  /* Ec -> K*D + K*Dv */
    struct linear joint;      /* E -> H*D + K*D + K*Dv, the two above as one; out 0 if E != Ec */
    struct linear key, value; /* instead of key_value and joint, whose weights are NULL then: see layer_matrices */
    struct linear output;     /* H*Dv -> Eo; weights NULL where there is no output projection */
    /* Latent attention, where L is not 0: see sa_latent. K is 1, D is without the rotated part, and of the linears
     * above there are only query, from rank or E numbers to H*(D+R), and output. */
    int64_t L, R;
    struct linear down;       /* E -> L + R */
    struct linear down_query; /* E -> rank; weights NULL where queries are made of x */
    struct linear up;         /* L -> H*(D+Dv) */
    const char *keys_up;      /* [H,L,D] the rows of `up` for keys, transposed, in the type of the weights */
    struct rotation rotation; /* rotary 0: none */
    struct score_rules rules;
    struct head_norm query_norm, key_norm; /* latent layers: of the low queries, and of the latent vector */
    char *extras;                          /* the arrays of these */
    int64_t extra_bytes;
    char *store;    /* weights, if they are the layer's own, and biases; then packed copies for the matrix unit */
    int64_t stored; /* bytes in store */
};

/* Matrices that stay where they are, in memory that outlives the layer, each in its own type; without biases. No output
 * projection: output.weights is NULL. */
struct layer_matrices {
    struct linear query, key, value, output;
};

/* Copies the configuration's weights into a new store and points the linears at it. If the machine uses its matrix
 * unit, they are packed for it too. The layer's sizes have to be filled in and checked. */
sa_status layer_store_weights(struct sa_layer *layer, const sa_layer_config *config, const struct machine *machine,
                              struct report *report);

/* The same with matrices that stay where they are: copies the configuration's biases only. */
sa_status layer_use_matrices(struct sa_layer *layer, const sa_layer_config *config,
                             const struct layer_matrices *matrices, struct report *report);

/* The same for a latent layer. */
sa_status layer_store_latent(struct sa_layer *layer, const sa_layer_config *config, const sa_latent *latent,
                             struct report *report);

/* Copies the arrays that the layer's rotation, rules and norms point at. Frequencies that are not given are computed
 * from theta. */
sa_status layer_store_extras(struct sa_layer *layer, double theta, struct report *report);

/* Frees what a layer holds. */
void layer_release(struct sa_layer *layer);

#endif
