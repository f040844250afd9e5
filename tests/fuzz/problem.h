/* Attention problems that are read from a fuzz target's input, and how far results of float32 may be from the exact
 * ones. Unlike the bounds of tests/attention, which hold for random numbers, this one holds for every problem: a fuzzer
 * finds the worst.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_PROBLEM_H
#define TESTS_FUZZ_PROBLEM_H

#include "fuzz/input.h"
#include "selfattn.h"

enum { PROBLEM_BLOCKS = 24 };

struct problem {
    sa_attention_args args;
    sa_masking masking;
    sa_score_rules rules;
    sa_block_list blocks;
    void *memory[PROBLEM_BLOCKS]; /* each of its own size, so that a sanitizer sees an overrun */
    int memories;
    int wild; /* a number of the problem is not what it should be: the call may refuse it */
};

void problem_make(struct problem *p, struct input *in);
void problem_free(struct problem *p);

/* Memory that is freed with the problem. */
void *problem_own(struct problem *p, int64_t count, size_t size);

/* Numbers for an array: of a kind that the input chooses. */
void take_floats(struct input *in, float *to, int64_t count);

/* Every output is filled with NaN. */
void problem_clear(struct problem *p);

/* Largest errors of any result of the problem, of one float of arithmetic or of one bfloat16. */
struct bound {
    double score;   /* of a score, absolute */
    double weight;  /* of a weight, relative */
    double largest; /* magnitude of a visible or hidden finite value */
};
struct bound problem_bound(const struct problem *p, int32_t precision);

#endif
