/* An encoder of sentences that the library runs.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_ENCODER_H
#define BENCH_WAY_ENCODER_H

#include "selfattn_models.h"

#include <stdint.h>

/* A batch of B texts of T tokens, all of them real. */
struct encoder_batch {
    int64_t B, T;
};

struct encoder {
    sa_ctx *ctx;
    sa_model *model;
    struct encoder_batch batch;
    int32_t *ids;     /* [B,T]: 1000 + (7919 i) mod (vocabulary - 1000), as rivals make them too */
    float *embedding; /* [B,width] */
    int64_t width;
};

/* 0, or a complaint was made; to be closed in either case. */
int encoder_open(struct encoder *e, const sa_ctx_options *options, const char *path, struct encoder_batch batch);
void encoder_close(struct encoder *e);

/* Encodes the batch. For a runner. */
int encoder_encode(void *encoder);

#endif
