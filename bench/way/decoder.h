/* A language model that the library runs: one token at a time, and a prompt at once.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_DECODER_H
#define BENCH_WAY_DECODER_H

#include "selfattn_models.h"

#include <stdint.h>

/* Tokens: of the prompt before decoding, of what is decoded, of the longer prompt. */
enum { PROMPT = 8, DECODED = 64, PREFILL = 256 };

struct decoder {
    sa_ctx *ctx;
    sa_model *model;
    sa_session *decoding, *prefill;
    float *logits;
    int64_t vocabulary;
    int64_t depth;        /* tokens that stand before the prompt when it decodes, the longer prompt over and over */
    int64_t longer;       /* PREFILL, or as many tokens as the model has positions */
    int32_t ids[PREFILL]; /* the prompt, and its longer form */
    int32_t next;         /* token that decoding goes on with */
};

/* Opens a model of any kind that writes; the prompt's tokens are spread over the vocabulary. 0, or a complaint was
 * made; to be closed in either case. */
int decoder_open(struct decoder *d, const sa_ctx_options *options, const char *path);
void decoder_close(struct decoder *d);

/* Reads `depth` tokens and the first PROMPT tokens, behind which decoding begins. */
int decoder_read(struct decoder *d);

/* Writes one token, the likeliest; after DECODED of them from the prompt again. For a runner. */
int decoder_step(void *decoder);

/* Reads all of the longer prompt. For a runner. */
int decoder_prefill(void *decoder);

/* Where the largest logit is, the first of equals. */
int32_t likeliest(const float *logits, int64_t n);

#endif
