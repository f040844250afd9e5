/* Random problems of context parallelism: whole tensors, and runs over any number of ranks, which are threads.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_RING_PROBLEM_H
#define TESTS_RING_PROBLEM_H

#include "support/paths.h"
#include "support/random.h"
#include "threads.h"

enum { MOST_B = 3, MOST_H = 6 };

struct problem {
    uint64_t seed;
    int64_t B, H, K, D, Dv, T, S;
    int32_t dtype;
    int same;              /* queries are dealt out as keys are */
    sa_attention_args all; /* whole sequences; results of sa_attention() go there */
    sa_sharding key_shards, query_shards;
    sa_masking masking;
    sa_score_rules rules;
    int64_t lengths[MOST_B], offsets[MOST_B];
    float slopes[MOST_H], sinks[MOST_H], bias[MOST_H * 9];
    void *q, *k, *v;
    float *o, *lse;
    char text[200];
};

/* Results of a run, for whole sequences: [B,H,T,Dv] and [B,H,T]. */
struct result {
    float *o, *lse;
    int64_t bytes, messages; /* sent by rank 0 */
    int64_t faults;
    int64_t pieces[MOST_TEST_RANKS], meanwhile[MOST_TEST_RANKS]; /* computed by each rank; while a message travels */
};

void problem_make(struct problem *p, uint64_t seed);
void problem_free(struct problem *p);

/* New tensors, after sizes were changed and the old ones freed. */
void problem_fill(struct problem *p, uint64_t seed);

/* The rows of a tensor that stand at these places, in memory that the caller frees. */
sa_tensor shard_of(const sa_tensor *whole, const int64_t *positions, int64_t count);

/* What a rank passes: shards of the whole tensors, outputs of its own. x NULL: one rank. Free by rank_free(). */
sa_ring_args rank_args(const struct problem *p, int circulates, const sa_exchange *x);
void rank_free(sa_ring_args *args);

/* Runs the problem by `ranks` ranks, each a context that computes this way. 0 if the CPU lacks it. */
int problem_run(const struct problem *p, const struct way *way, int circulates, int64_t ranks, struct result *result);
void result_free(struct result *result);

#endif
