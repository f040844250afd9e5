/* What sa_model holds. Immutable once made.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_MODEL_H
#define SA_MODEL_MODEL_H

#include "model/architecture.h"
#include "model/tensors.h"
#include "plan/layer.h"

/* LayerNorm: see layer_norm.h. */
struct norm {
    const float *weight, *bias;
    double epsilon;
    int64_t width;
};

/* One block: attention and a feed-forward part, each added to its input and normalised. */
struct block {
    sa_layer *attention;
    struct norm attention_norm;
    struct linear up, down;
    struct norm feed_forward_norm;
};

struct sa_model {
    struct allocator memory;
    struct model_config config;
    struct tensor_file file; /* stays mapped: embeddings are read from it row by row */
    struct tensor words, positions, types;
    struct norm embedding_norm;
    struct block *blocks; /* [layers] */
    float *store;         /* norms and feed-forward matrices */
    int64_t stored;       /* floats in store */
};

/* Fills in everything behind `file` and `config` from the file's tensors. On failure the model is left for
 * model_release() to free. */
sa_status model_load(sa_ctx *ctx, const struct architecture *architecture, struct sa_model *model);

/* Frees what a model holds, also a half-made one. */
void model_release(struct sa_model *model);

#endif
