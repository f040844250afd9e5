/* What a model learns: windows of the tokens of texts, or pairs of texts, and a part at their end that it never learns,
 * for the test.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_LESSON_H
#define TOOLS_TRAINING_LESSON_H

#include "text/texts.h"
#include "training/pairs.h"

#include <stdint.h>

struct lesson {
    struct pairs pairs; /* of texts; then what is said of tokens and windows below holds for pairs, one each */
    int64_t *numbers;   /* [batch] of the pairs in the batch now */
    struct tokens all;
    int64_t learned;       /* tokens before the part for the test */
    int64_t batch, window; /* sequences of a batch, and tokens of each */
    int32_t start;         /* stands in front of each window, as in front of a text; -1: nothing does */
    int32_t *ids;          /* [batch][window] of the batch now */
    uint64_t state;        /* of the generator that places windows */
};

/* Texts stand one behind the other, with the token that ends a text between them, unless the tokenizer puts one there;
 * so windows may hold the end of one and the beginning of the next. Texts that are too short for one window of each
 * part end the program. */
struct lesson lesson_open(const struct engine *engine, int32_t start, const struct texts *texts, int64_t batch,
                          int64_t window, uint64_t seed);

/* The lines of a text, each a pair, with a tab between. */
struct lesson lesson_open_pairs(const struct engine *engine, const char *text, int64_t batch, uint64_t seed);

void lesson_close(struct lesson *lesson);

/* How many windows (or batches of pairs) are for the test, where there are so many tokens (or pairs). */
int64_t lesson_test_share(int64_t count, int64_t window);

/* Windows at random places, or pairs at random; or number `i` of the windows (or batches) for the test, of which
 * lesson_tests() exist. */
sa_training_batch lesson_next(struct lesson *lesson);
int64_t lesson_tests(const struct lesson *lesson);
sa_training_batch lesson_test(struct lesson *lesson, int64_t i);

/* Gradients of the next batch: its loss; *tokens is how many tokens it has. And the mean loss of all for the test. */
double lesson_learn(struct lesson *lesson, sa_ctx *ctx, sa_trainer *trainer, double *tokens);
double lesson_test_loss(struct lesson *lesson, sa_ctx *ctx, sa_trainer *trainer);

/* The next number of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
uint64_t lesson_number(uint64_t *state);

#endif
