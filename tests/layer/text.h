/* A layer with everything that positions can be, and a text for it to go through token by token.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_TEXT_H
#define TESTS_LAYER_TEXT_H

#include "selfattn.h"
#include "support/random.h"

enum {
    TEXT_WIDTH = 20, /* of the model; also of its results */
    TEXT_CONTEXT = 12,
    TEXT_HEADS = 4,
    TEXT_KV_HEADS = 2,
    TEXT_SIZE = 8,
    TEXT_VALUE_SIZE = 6,
    TEXT_TOKENS = 400, /* of a sequence: more than three pages */
    TEXT_BATCH = 3,
    TEXT_REACH = 10
};

struct text {
    float x[TEXT_BATCH][TEXT_TOKENS][TEXT_WIDTH], context[TEXT_BATCH][TEXT_TOKENS][TEXT_CONTEXT];
    float weights[4][TEXT_WIDTH * TEXT_HEADS * TEXT_SIZE], norms[2][TEXT_SIZE];
    float slopes[TEXT_HEADS], bias[TEXT_HEADS * (2 * TEXT_REACH + 1)], sinks[TEXT_HEADS];
    sa_rope rope;
    sa_score_rules rules;
    sa_layer_config config;
    sa_masking masking; /* causal */
};

/* Which parts the layer has. */
enum { TEXT_ROPE = 1, TEXT_NORMS = 2, TEXT_RULES = 4, TEXT_CROSS = 8 };

void text_make(struct text *text, int parts);
sa_layer *text_layer(const struct text *text, sa_ctx *ctx);

/* A cache for the layer; config says what else it is. */
sa_cache *text_cache(sa_ctx *ctx, int64_t batch, sa_cache_config config);

/* A call for `count` tokens from `at` of `batch` sequences, of which `sequence` is the first; y
 * [batch,count,TEXT_WIDTH]. */
sa_forward_args text_call(struct text *text, int64_t sequence, int64_t batch, int64_t at, int64_t count, float *y);

/* Makes it; a failure ends the test. */
void text_run(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args);

/* Keys [count][TEXT_KV_HEADS][TEXT_SIZE] and values of a sequence's first tokens, of a layer without norms, not
 * rotated. */
void text_keys(const struct text *text, int64_t sequence, int64_t count, float *keys, float *values);

/* ||got - want|| / ||want||; infinite where one is not finite. */
double text_difference(const float *got, const float *want, int64_t count);

#endif
