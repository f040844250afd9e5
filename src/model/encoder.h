/* A whole encoder: embeddings, then blocks of attention and feed-forward, each part added to its input and normalised.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_ENCODER_H
#define SA_MODEL_ENCODER_H

#include "api/context.h"
#include "model/model.h"

/* A checked call and where its buffers lie in the context's scratch memory, in bytes. */
struct encoding {
    const struct sa_model *model;
    sa_encode_args args;
    int64_t state;  /* float [B*T][E]  the hidden state */
    int64_t change; /* float [B*T][E]  what a part adds to it */
    int64_t inner;  /* float [B*T][F]  between the matrices of a feed-forward part; or, before that ... */
    int64_t work;   /* the scratch memory of its projections, behind it */
    int64_t layer;  /* ... the scratch memory of an attention layer: the same place */
    int64_t bytes;  /* in all */
};

/* Plans the call; only sizes and lengths are looked at. */
sa_status encoding_plan(sa_ctx *ctx, struct encoding *e);

/* Runs it in ctx->scratch. */
sa_status encoding_run(sa_ctx *ctx, const struct encoding *e);

#endif
