/* One problem of linear attention: checked, defaults filled in, sizes known to fit.
 * SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_PROBLEM_H
#define SA_LINEAR_PROBLEM_H

#include "linear/random.h"
#include "linear/state.h"
#include "plan/machine.h"
#include "plan/problem.h"

struct linear_problem {
    int64_t B, H, K, T, S, D, Dv;
    int64_t G; /* query heads per key/value head */
    struct linear_sizes sizes;
    int64_t head_floats;
    struct view query, key, value, output;
    struct view decay, beta; /* data NULL: none */
    int64_t decays;          /* numbers of decay per token and head: 0, 1 or D */
    int normalised, bidirectional, recurrent;
    int32_t features;
    float scale, epsilon;
    const int64_t *lengths;        /* [B] or NULL */
    struct sa_linear_state *state; /* NULL: every head begins without tokens, and is forgotten */
    const struct sa_random_features *random;
};

/* Numbers of decay per token, with the factor by which sums of random features shrink as their shift grows. */
static inline int64_t linear_decays(const struct linear_problem *p) {
    return p->decays ? p->decays : p->random ? 1 : 0;
}

/* Tokens of sequence b that count. */
static inline int64_t linear_length(const struct linear_problem *p, int64_t b) {
    return p->lengths ? p->lengths[b] : p->S;
}

#endif
