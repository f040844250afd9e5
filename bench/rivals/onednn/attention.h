/* Attention by three of oneDNN's primitives: a product, a softmax, a product.
 * SPDX-License-Identifier: MIT */
#ifndef ONEDNN_ATTENTION_H
#define ONEDNN_ATTENTION_H

#include <dnnl.h>
#include <stdint.h>

/* Contiguous f32 arrays: q and o [B,H,T,D], k and v [B,K,S,D]. */
struct problem {
    int64_t B, H, K, T, S, D;
    int causal;
    dnnl_data_type_t type; /* that the primitives are to work in */
    float *q, *k, *v, *o;
};

/* What a user of the primitives can choose. */
struct choice {
    int whole;               /* all heads in one call, or a call for each */
    dnnl_data_type_t scores; /* the type that scores are written in */
};

struct attention;

/* NULL: this choice cannot be had. The problem stays the caller's and has to outlive it. */
struct attention *attention_open(const struct problem *problem, const struct choice *choice, dnnl_engine_t engine,
                                 dnnl_stream_t stream);
void attention_close(struct attention *attention);

/* 0, or oneDNN's status. */
dnnl_status_t attention_run(struct attention *attention);

/* Writes what the last run gave to problem->o. */
dnnl_status_t attention_output(struct attention *attention);

#endif
