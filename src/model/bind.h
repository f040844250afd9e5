/* Gives the tensors of a file their roles in a model. All are found and their shapes checked before a weight is read.
 * So the file's size bounds the memory that loading takes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_BIND_H
#define SA_MODEL_BIND_H

#include "describe/config.h"
#include "file/tensors.h"
#include "selfattn_models.h"

/* NULL where a role has none. */
struct bound {
    const struct tensor *weight, *bias;
};

/* Experts of a block: an entry for each, or one for all where a tensor has them all. */
struct bound_experts {
    struct bound (*each)[BLOCK_MATRICES]; /* [count] */
    int64_t count;
    int stacked; /* in one tensor */
};

struct bound_stack {
    struct bound once[STACK_ROLES];
    struct bound convolutions[MOST_CONVOLUTIONS], convolution_norms[MOST_CONVOLUTIONS];
    struct bound_experts *experts;       /* [layers]; NULL: none */
    struct bound (*blocks)[BLOCK_ROLES]; /* [layers] */
};

struct bound_model {
    struct bound_stack encoder, decoder, pooler_block;
    struct bound output, head, head_norm, pooler, pooler_norm, classifier, classifier_dense, classifier_norm,
        projection;
    const struct tensor *classifier_layers;
    struct bound likeness; /* the numbers of its scale and bias */
    int64_t outer;         /* bytes that stand before all names of the file, and in no description */
    unsigned char *used;   /* [tensors], 1 for each tensor of the file that has a role */
    int64_t tensors;
};

/* Whether the model makes one vector of a sequence. */
static inline int bound_is_pooled(const struct bound_model *bound, const struct model_config *config) {
    if (config->pooler_of == POOLER_OF_ATTENTION) return bound->pooler_block.blocks != NULL;
    return bound->pooler.weight || bound->pooler_norm.weight || config->pooler_is_bare;
}

/* Numbers of that vector. */
static inline int64_t bound_pooled_width(const struct bound_model *bound, const struct model_config *config) {
    return bound->pooler.weight ? config->pooler_width : config->encoder.width;
}

/* Finds the tensors. On failure, too, bound_release() frees the lists. */
sa_status bind_tensors(const struct allocator *memory, const struct settings *settings,
                       const struct model_config *config, const struct tensor_file *file, struct bound_model *bound);
void bound_release(const struct allocator *memory, const struct model_config *config, struct bound_model *bound);

#endif
