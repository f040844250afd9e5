/* One run of a stack: rows go in, pass through its blocks, and come out normalised.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_PASS_H
#define SA_STACK_PASS_H

#include "api/context.h"
#include "stack/input.h"

struct pass {
    struct input input;     /* stack, B, T and what goes in */
    const int64_t *lengths; /* [B] real tokens of each sequence; NULL: all T */
    sa_cache *cache;        /* NULL: tokens attend to each other; else to all in it, and are added */
    /* Of a stack with cross-attention: the encoder's states [B][S][width] with their lengths, or the cache that has
     * them. */
    const float *context;
    int64_t S;
    const int64_t *context_lengths;
    sa_cache *cross_cache;
    /* Outputs, or NULL. */
    float *hidden_all; /* [L+1][B][T][E] */
    float *attention;  /* [L][B][H][T][keys]; keys is T, or the longest sequence with the cache */
    int64_t keys;
    float *cross_attention; /* [L][B][H][T][S] */
    /* Where the buffers lie in scratch memory, in bytes: filled in by pass_plan(). */
    int64_t state;  /* float [B*T][E]  the hidden state */
    int64_t normed; /* float [B*T][E]  the same normalised, which goes into the next part */
    int64_t change; /* float [B*T][E]  what a part adds to the state */
    int64_t second; /* float [B*T][E]  what the other of two parallel parts adds */
    int64_t inner;  /* float [B*T][F]  between the matrices of a feed-forward part ... */
    int64_t gate;   /* float [B*T][F]  ... and its gate; or, in the same place: */
    int64_t layer;  /* the scratch memory of an attention layer, or of the input */
    int64_t work;   /* the scratch memory of projections, behind the gate */
    int64_t bytes;  /* in all */
};

/* Plans the pass; only sizes and lengths are looked at. */
sa_status pass_plan(sa_ctx *ctx, struct pass *pass);

/* Runs it in `scratch`, and says where the last hidden state [B*T][E] is. Has to run between blas_enter() and
 * blas_leave(). */
sa_status pass_run(sa_ctx *ctx, const struct pass *pass, char *scratch, float **result);

#endif
