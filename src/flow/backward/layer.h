/* Gradients of a whole layer. The layer is computed again, then backwards. With X the input, C the context (or X), O
 * the joined heads and dY the gradient of a loss by the output, all of them matrices with a row per token:
 *
 *     dW_o = dY^T O       dO = dY W_o
 *     dQ, dK, dV          those of attention (see backward.h), turned back, through the norms of heads (see norm.h)
 *     dW_q = dQ^T X       dX = dQ W_q
 *     dW_k = dK^T C       dW_v = dV^T C       dC = dK W_k + dV W_v
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BACKWARD_LAYER_H
#define SA_FLOW_BACKWARD_LAYER_H

#include "flow/backward/backward.h"
#include "flow/forward.h"

/* The gradient of a matrix, in_out: with a row per input, of `ld` numbers; and of its bias. NULL: not wanted. */
struct matrix_gradient {
    float *weights, *bias;
    int64_t ld;
    int in_out;
};

/* What is known, and what is wanted. Arrays are zero at first: gradients are added to them. */
struct layer_gradients {
    struct view upstream;   /* dY */
    struct view x, context; /* dX, dC of floats; data NULL: not wanted */
    struct matrix_gradient query, key, value, output;
    float *query_norm, *key_norm;
    struct gradients attention; /* of mask and rules; the views are filled in here */
};

/* Where numbers lie in scratch memory, in bytes. What lies in the caller's memory as one matrix of floats is not
 * copied. */
struct layer_backward_plan {
    struct forward_plan forward;
    struct backward_plan attention;
    int64_t again;                /* scratch memory of the forward pass; its q, k, v and O stay there */
    int64_t lse;                  /* [B][H][T], unless the caller wants it */
    int64_t x, context, upstream; /* copies, [rows][width] */
    int64_t joined;               /* dO [rows][H*Dv] */
    int64_t query, key, value;    /* dQ, dK and dV, [rows][H*D], ... */
    int64_t raw_query, raw_key;   /* q and k before their norms, likewise */
    int64_t weights;              /* a matrix [out][in] */
    int64_t work;                 /* what the steps use in turn */
    struct ledger scratch;
};

/* Plans the call on an exact machine; 0 if sizes do not fit, else 1. No cache, no latent attention. */
int layer_backward_plan(const struct machine *machine, const struct forward *forward,
                        const struct layer_gradients *gradients, struct layer_backward_plan *plan);

/* Runs it, with y as forward_run() computes it, in plan->scratch.bytes bytes of scratch memory. */
void layer_backward_run(const struct machine *machine, const struct forward *forward,
                        const struct layer_gradients *gradients, const struct layer_backward_plan *plan, void *scratch);

#endif
