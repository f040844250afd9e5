/* A stack of blocks, put together from the functions of ops.h as its description says.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_GRAPH_H
#define SA_TRAIN_GRAPH_H

#include "train/ops.h"
#include "train/trainer.h"

/* A stack during a step, and its inputs. */
struct graph {
    struct sa_trainer *trainer;
    const struct stack *stack;
    const struct bound_stack *bound;
    int64_t B, T;
    const int32_t *ids;     /* [B][T], of a stack that takes tokens */
    const float *features;  /* images of one that takes patches */
    const int64_t *lengths; /* [B] or NULL */
    struct value context;   /* states of an encoder [B*S], no rows: none */
    int64_t S;
    const int64_t *context_lengths;
    const int32_t *buckets; /* T5's, of each distance from -reach to reach */
};

/* The numbers of a tensor, and the matrix with its bias; NULL for NULL. */
static inline struct parameter *graph_parameter(const struct graph *g, const struct tensor *tensor) {
    return trainer_parameter(g->trainer, tensor);
}
static inline struct weights graph_weights(const struct graph *g, const struct bound *b, int in_out, int64_t out) {
    return (struct weights){graph_parameter(g, b->weight), graph_parameter(g, b->bias), in_out, out};
}

/* x through a matrix, with its bias and the adapter beside it. */
struct value graph_linear(const struct graph *g, struct value x, const struct bound *b, int in_out, int64_t out);

/* Dropout with draws of its own for each call in a batch; none unless the trainer learns. */
struct dropout graph_dropout(const struct graph *g, double probability);

/* Hidden dropout of x. */
struct value graph_drop(const struct graph *g, struct value x);

/* What a stack's blocks begin with, [B*T][E]. */
struct value graph_input(struct graph *g);

/* Attention of block l to its own tokens, or to the context. */
struct value graph_attention(struct graph *g, int64_t l, struct value x, int is_cross);

/* The norm of a role in a block or of the stack. */
struct value graph_norm(const struct graph *g, const struct bound *norm, struct value x);

/* The normalised states behind the last block. */
struct value graph_run(struct graph *g);

/* What the matrix of classes takes of the states of the first stack: a pooler, what is picked of each sequence, and a
 * matrix and a norm before it. */
struct value graph_classified(const struct graph *g, struct value states);

/* What the matrix of logits takes of the states: a matrix before it, with an activation and a norm behind it. */
struct value graph_head(const struct graph *g, struct value states);

#endif
