/* The contents of sa_model. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_MODEL_H
#define SA_MODEL_MODEL_H

#include "model/convert.h"
#include "model/prompts.h"
#include "model/sentence.h"
#include "model/unused.h"
#include "plan/layer.h"
#include "selfattn_models.h"

/* See norm.h. Without weights they are 1, without biases 0. */
struct norm {
    int is_rms;
    const float *weight, *bias;
    double epsilon;
    int64_t width;
};

/* y = down(f(up(x))), or down(f(gate(x)) * up(x)). */
struct feed_forward_matrices {
    struct linear up, gate, down; /* gate: weights NULL where there is none */
};

/* One transformer block: attention, perhaps attention to an encoder, and a feed-forward sub-layer. */
struct model_block {
    sa_layer *attention, *cross;
    struct layer_matrices matrices, cross_matrices; /* of these, where they are not the layers' own */
    int64_t window;                                 /* tokens that a token sees, itself counted; 0: all */
    struct feed_forward_matrices dense;             /* weights NULL where there are experts */
    struct feed_forward_matrices *experts;          /* NULL: none */
    struct feed_forward_matrices shared;            /* the expert for all rows; weights NULL: none */
    struct linear router, shared_router;
    struct norm attention_norm, cross_norm, feed_forward_norm;
    struct norm attention_norm_after, cross_norm_after, feed_forward_norm_after;
    struct linear score_query, score_key; /* of positions that are part of scores (DeBERTa); weights NULL: none */
    const float *grid_bias;               /* [pairs of places][H] of images (BEiT); NULL: none */
    const float *attention_scale, *feed_forward_scale; /* [E] of layer scale; NULL: none */
};

/* An encoder or a decoder; config.name is NULL where the model has none. Tables stay in the file: only the rows that
 * are needed are read. */
struct stack {
    struct stack_config config;
    struct tensor words, types, special_tokens[2], positions; /* positions: learned ones */
    struct tensor registers;                                  /* [registers][E] behind them */
    struct tensor probe;                                      /* [E] of a pooler's block */
    const float *sinusoids;                 /* [count + offset][embedding], where they are not learned */
    struct linear embedding;                /* weights NULL: tables are as wide as the state */
    struct linear patches, convolutions[2]; /* convolutions: inputs are ordered [tap][channel] */
    struct linear front[MOST_CONVOLUTIONS]; /* the convolutions over sound of any length, as above */
    struct norm front_norms[MOST_CONVOLUTIONS];
    struct linear position_groups; /* the convolution that makes positions: [groups][E / groups] rows, as above */
    struct tensor bucket_vectors;  /* [2S][E] of DeBERTa */
    const float *position_scales, *position_shifts; /* [E] for the channels before it; NULL: none */
    struct norm input_norm, position_norm, bucket_norm, final_norm;
    struct model_block *blocks; /* [layers] */
};

struct sa_model {
    struct allocator memory;
    struct model_config config;
    struct tensor_file file; /* stays mapped */
    struct unused_tensors unused;
    struct stack encoder, decoder, pooler_block;
    struct linear output, pooler, classifier, classifier_dense; /* weights NULL: none */
    struct norm pooler_norm, classifier_norm;                   /* weight NULL: none */
    const float *layer_mix; /* [L+1] of the states behind every layer, whose sum is classified; NULL: of the last */
    struct linear head;     /* what states go through before the output; weights NULL: nothing */
    struct norm head_norm;
    struct sentence sentence; /* how its states become an embedding */
    struct prompts prompts;
    double likeness_scale, likeness_bias; /* of products of embeddings; 0 where config.likeness is none */
    uint64_t settings;                    /* their fingerprint */
    char *store;                          /* copies of what cannot be used in place in the file */
    int64_t stored;                       /* bytes in it */
};

/* Fills in the stacks from the file's tensors; file and config are there already. On failure the model is left for
 * model_release() to free. */
sa_status model_load(sa_ctx *ctx, const struct settings *settings, const struct bound_model *bound,
                     const struct conversion *conversion, struct sa_model *model);

/* Frees what a model holds, also a half-made one. */
void model_release(struct sa_model *model);

/* Whether it makes one vector of a sequence. */
static inline int model_is_pooled(const struct sa_model *model) {
    if (model->config.pooler_of == POOLER_OF_ATTENTION) return model->pooler_block.config.name != NULL;
    return model->pooler.weights || model->pooler_norm.weight || model->config.pooler_is_bare;
}

/* Whether its classifier takes states of the decoder, which reads the text itself. */
static inline int model_rereads(const struct sa_model *model) {
    return model->classifier.weights && model->config.classifier_of == CLASSIFIER_OF_DECODER_END;
}

/* Numbers in a row of logits of words, and of those or of classes; 0: the model has none. */
int64_t word_logits(const struct sa_model *model);
int64_t output_width(const struct sa_model *model);

/* The stack that runs first: the encoder, or the decoder of a model without one. */
static inline const struct stack *model_first(const struct sa_model *model) {
    return model->encoder.config.name ? &model->encoder : &model->decoder;
}

/* Numbers of its pooled state. */
static inline int64_t model_pooled_width(const struct sa_model *model) {
    return model->pooler.weights ? model->pooler.out : model_first(model)->config.width;
}

#endif
