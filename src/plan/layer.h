/* What sa_layer holds: sizes and weights in the order that the products want. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_LAYER_H
#define SA_PLAN_LAYER_H

#include "base/memory.h"
#include "base/report.h"

/* y = x W + b for rows x: weights[i * ld + o], i < in, o < out; bias may be NULL. */
struct linear {
    const float *weights, *bias;
    int64_t in, out, ld;
};

struct sa_layer {
    struct allocator memory;
    int64_t E, Ec, Eo;       /* widths of x, of the context, of y */
    int64_t H, K, G, D, Dv;  /* letters as in selfattn.h; G = H / K */
    float scale, softcap;    /* scale filled in */
    struct linear query;     /* E  -> H*D */
    struct linear key_value; /* Ec -> K*D + K*Dv */
    struct linear joint;     /* E  -> H*D + K*D + K*Dv, the two above side by side; weights NULL where E != Ec */
    struct linear output;    /* H*Dv -> Eo; weights NULL where there is no output projection */
    float *store;            /* all weights and biases */
    int64_t stored;          /* floats in store */
};

/* Copies the configuration's weights into a new store and points the linears at it. Sizes are filled in and checked. */
sa_status layer_store_weights(struct sa_layer *layer, const sa_layer_config *config, struct report *report);

#endif
