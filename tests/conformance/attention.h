/* A node of attention in the library's terms, for the operators that are one.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_ATTENTION_H
#define TESTS_CONFORMANCE_ATTENTION_H

#include "graph.h"

/* The case in the library's terms, and the buffers that belong to it. */
struct attention {
    int64_t past; /* keys that come before the new ones */
    sa_attention_args args;
    sa_masking masking;
    sa_cache *cache; /* NULL: none is needed, or it was refused */
    int refused;
    void *present[2]; /* what it holds: keys, values */
    void *output;
    float *weights;
    struct { /* of FlexAttention */
        struct graph score, prob;
    } graphs;
    sa_score_callbacks callbacks;
};

/* 0 where the case's own shapes contradict each other, or the cache refuses them. Free it in either case. */
int attention_prepare(sa_ctx *ctx, struct attention *a, const struct test_case *c);
void attention_free(struct attention *a);

#endif
