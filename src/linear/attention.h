/* Linear attention: a task is one key/value head of one sequence, with all its query heads.
 *
 *     S_t = diag(exp(g_t)) S_{t-1} + k_t u_t^T,    u_t = v_t, or beta_t (v_t - (diag(exp(g_t)) S_{t-1})^T k_t)
 *     o_t = scale * S_t^T q_t, divided by its last column with `normalised`
 *
 * where q and k are features of queries and keys. plain.c follows this token by token; step.c does so without writing S
 * every time; chunk.c takes LINEAR_CHUNK tokens at once. SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_ATTENTION_H
#define SA_LINEAR_ATTENTION_H

#include "base/ledger.h"
#include "linear/problem.h"

enum { LINEAR_CHUNK = 64, LINEAR_GROUP = 16 /* tokens of a chunk whose channels decay pair by pair */ };

/* A worker's memory, in floats. */
struct linear_memory {
    float *state;  /* one head's, for calls without a state */
    float *keys;   /* [LINEAR_CHUNK][row] features of keys */
    float *rows;   /* [LINEAR_CHUNK or 1 + G][row] features of queries, or keys times -beta */
    float *raw;    /* [LINEAR_CHUNK][D] before random features are made of them */
    float *decay;  /* [LINEAR_CHUNK][decays] exp of the decay */
    float *prefix; /* [LINEAR_CHUNK][decays] its products from the chunk's first token on */
    float *suffix; /* [LINEAR_CHUNK] products of decays up to the last token, or [LINEAR_GROUP][row] */
    float *keys_t; /* [row][LINEAR_CHUNK] keys, which have decayed up to the last token */
    float *scores; /* [LINEAR_CHUNK][LINEAR_CHUNK] */
    float *values; /* panels of [LINEAR_CHUNK]: u */
    float *result; /* panels of [LINEAR_CHUNK], or [1 + G][columns] */
    float *beta;   /* [LINEAR_CHUNK] */
    float *spare;  /* [the largest of columns, row and LINEAR_CHUNK] */
};

struct linear_work {
    const struct machine *machine;
    const struct linear_problem *p;
    int64_t tasks, workers;
    struct ledger worker, all;
    char *scratch;
};

/* One head while it is worked on. */
struct linear_task {
    const struct linear_problem *p;
    const struct kernels *kernels;
    struct linear_memory m;
    struct linear_head head;
    int64_t b, k;
};

/* Bytes of scratch memory; -1 if they do not fit. */
int64_t linear_bytes(const struct machine *machine, const struct linear_problem *p);
void linear_run(const struct machine *machine, const struct linear_problem *p, void *scratch);

/* The forms of a head: all tokens, in order. */
void linear_plain(const struct linear_task *task);
void linear_steps(const struct linear_task *task);
void linear_chunks(const struct linear_task *task);

#endif
