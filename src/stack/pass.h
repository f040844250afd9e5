/* One pass through a stack: from its input through its blocks to normalised states.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_PASS_H
#define SA_STACK_PASS_H

#include "flow/forward.h"
#include "stack/feed_forward.h"
#include "stack/input.h"
#include "stack/packed_rows.h"

/* The checked inputs and outputs of a pass. */
struct pass {
    struct input input;     /* stack, B, T and what goes in */
    const int64_t *lengths; /* [B] real tokens of each sequence; NULL: all T */
    /* NULL: tokens attend to each other. Otherwise they are added to the cache and attend to all its tokens; it has to
     * have room for them in every layer. */
    sa_cache *cache;
    /* Of a stack with cross-attention: the encoder's states [B][S][width] with their lengths, or the cache that has
     * them. */
    float *context;
    int64_t S;
    const int64_t *context_lengths;
    sa_cache *cross_cache;
    /* Outputs, or NULL. */
    float *hidden_all; /* [L+1][B][T][E] */
    const float *mix;  /* in, [L+1]: the states behind every layer times this are summed at plan->mixed */
    float *attention;  /* [L][B][H][T][keys]; keys is T, or the longest sequence with the cache */
    int64_t keys;
    float *score_queries, *score_keys; /* [L][B][H][T][D] and [L][B][K][T][D]; not with a cache */
    float *cross_attention;            /* [L][B][H][T][S] */
    float *entropy;                    /* [L][B][H][T] */
    int64_t strongest;                 /* keys of a query with its largest weights, ... */
    float *strongest_weights;          /* ... [L][B][H][T][strongest] */
    int32_t *strongest_keys;           /* likewise */
};

/* Whether something about the weights of tokens to each other is wanted that is not the weights. */
static inline int pass_summarises(const struct pass *p) {
    return p->entropy || p->strongest;
}

/* The rows that the blocks of a pass see: all, or packed ones. */
struct pass_rows {
    int packed;
    struct packed_rows own, context;        /* own.rows is how many there are */
    const int64_t *starts, *context_starts; /* packed_starts(); NULL while planning */
};

/* All decisions for a pass. They depend on sizes, and on which outputs are requested. With a cache, a plan also holds
 * for more keys, up to plan_keys(). The numbers below are places in scratch memory, in bytes; the last three lie within
 * `shared`. */
struct pass_plan {
    struct forward_plan self, cross; /* of every block's layers */
    struct pass_rows rows;
    int64_t starts, context_starts; /* int64_t [B+1]  of packed rows */
    int64_t state;                  /* float [B*T][E]  the hidden state */
    int64_t normed;                 /* float [B*T][E]  the same normalised, which goes into the next sub-layer */
    int64_t change;                 /* float [B*T][E]  what a sub-layer adds to the state */
    int64_t bias;                   /* float [H][T][T]  added to scores where no rule of a layer does it, ... */
    int64_t bias_work;              /* ... and the memory that it is computed in */
    int64_t second;                 /* float [B*T][E]  what the other of two parallel sub-layers adds */
    int64_t mixed;                  /* float [B*T][E]  the sum that pass->mix asks for */
    int64_t shared; /* used in turn by the input, attention, feed-forward and, after the pass, its caller */
    struct feed_forward_plan feed_forward;
    struct ledger scratch;
};

/* Plans the pass; 0 if sizes do not fit, else 1. After it has run, its caller has `behind` bytes of scratch memory at
 * plan->shared; -1: more than fits. */
int pass_plan(const struct machine *machine, const struct pass *pass, int64_t behind, struct pass_plan *plan);

/* Runs it in plan->scratch.bytes bytes of `scratch`, and returns the last hidden state [B*T][E], which lies there. Has
 * to run between blas_enter() and blas_leave(). */
float *pass_run(const struct machine *machine, const struct pass *pass, const struct pass_plan *plan, char *scratch);

#endif
