/* What sa_layer holds: sizes and weights in the order of a row per output. Immutable once made.
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
    struct linear query;      /* E  -> H*D */
    struct linear key_value;  /* Ec -> K*D + K*Dv */
    struct linear joint;      /* E  -> H*D + K*D + K*Dv, the two above below each other; weights NULL where E != Ec */
    struct linear output;     /* H*Dv -> Eo; weights NULL where there is no output projection */
    struct rotation rotation; /* rotary 0: none */
    struct score_rules rules;
    struct head_norm query_norm, key_norm;
    char *extras; /* the arrays of these */
    int64_t extra_bytes;
    char *store;    /* all weights and biases, then the packed copies for the matrix unit */
    int64_t stored; /* bytes in store */
};

/* Copies the configuration's weights into a new store and points the linears at it; for a machine with a matrix unit in
 * use they are packed for it too. Sizes are filled in and checked. */
sa_status layer_store_weights(struct sa_layer *layer, const sa_layer_config *config, const struct machine *machine,
                              struct report *report);

/* Copies the arrays that the layer's rotation, rules and norms point at; frequencies that are not given are made of
 * theta. */
sa_status layer_store_extras(struct sa_layer *layer, double theta, struct report *report);

/* Frees what a layer holds. */
void layer_release(struct sa_layer *layer);

#endif
