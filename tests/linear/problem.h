/* Random problems of linear attention, and their results in double precision, token by token. Shares no code with the
 * library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LINEAR_PROBLEM_H
#define TESTS_LINEAR_PROBLEM_H

#include "selfattn.h"
#include "support/random.h"

enum { PROBLEM_MEMORIES = 6 };

struct linear_sample {
    sa_linear_attention_args args; /* without a state */
    int64_t lengths[4];
    int64_t B, H, K, T, S, D, Dv;
    void *memory[PROBLEM_MEMORIES];
    int memories;
    char text[256]; /* the problem in one line */
};

/* Problem number `seed`. Keys have norm 1 or so, decays are at most 0, beta is in 0 .. 1. */
void linear_sample_make(struct linear_sample *s, uint64_t seed);
void linear_sample_free(struct linear_sample *s);

/* A tensor of normal numbers times `factor`. */
void linear_sample_fill(struct linear_sample *s, sa_tensor *t, struct rng *rng, int64_t heads, int64_t tokens,
                        int64_t size, float factor);

/* output [B,H,T,Dv] of sequences that begin without a state. */
double *linear_oracle(const struct linear_sample *s);

#endif
