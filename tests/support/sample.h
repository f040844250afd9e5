/* Random attention problems: sizes around tile boundaries, every layout, mask and optional output, poisoned hidden
 * keys.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include "selfattn.h"
#include "support/random.h"

enum { SAMPLE_MEMORIES = 13, SAMPLE_WEIGHTS = 11 /* memories beside which weights are asked for */ };

/* A problem and its guarded memory. */
struct sample {
    uint64_t seed;
    sa_attention_args args;
    sa_masking masking;
    sa_score_rules rules;
    sa_block_list blocks;
    sa_score_callbacks callbacks;
    sa_dropout dropout;
    double steepest;  /* largest slope of the rules times the longest distance */
    double magnitude; /* of queries and keys: 1, 3 or 12 */
    struct {
        void *data;
        size_t bytes;
    } memory[SAMPLE_MEMORIES];
    int memories;
    char text[256]; /* the problem in one line */
};

/* Problem number `seed`; the same for the same seed. All outputs are requested, and filled with NaN. */
void sample_make(struct sample *s, uint64_t seed);
void sample_free(struct sample *s);

/* Fills the outputs with NaN again. */
void sample_clear_outputs(struct sample *s);

#endif
