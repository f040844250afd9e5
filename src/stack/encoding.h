/* A whole input through a model, without a cache: the first stack, and with targets the decoder behind it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_ENCODING_H
#define SA_STACK_ENCODING_H

#include "selfattn_models.h"
#include "stack/pass.h"

/* A checked call. The scratch memory of the second pass begins where that of the first pass's layers did, and leaves
 * its states alone. */
struct encoding {
    const struct sa_model *model;
    sa_encode_args args; /* tokens filled in */
    struct pass first, second;
    int64_t behind; /* where scratch memory begins that is free once the first pass has run */
    int64_t work;   /* where outputs find theirs once all passes have run */
    int64_t bytes;
};

/* Checks the rules of sa_encode_args. data_needed is 0 where only sizes are asked about. */
sa_status take_encoding(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args, int data_needed,
                        struct encoding *encoding);

/* Plans the call; only sizes and lengths are looked at. */
sa_status encoding_plan(sa_ctx *ctx, struct encoding *encoding);

/* Runs it in ctx->scratch, and says where the last states of the first pass are. Has to run between blas_enter() and
 * blas_leave(). */
sa_status encoding_run(sa_ctx *ctx, const struct encoding *encoding, float **states);

#endif
