/* Two texts as one input of a model that compares them: classifiers of inference, rerankers, answers.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_TEXT_PAIRS_H
#define TOOLS_CLASSIFIER_TEXT_PAIRS_H

#include "engine.h"

struct token_pair {
    int64_t count;
    int32_t *ids, *types; /* [count] */
};

/* Tokens of a pair with SA_ENCODE_ flags; the longer text is cut until `most` are left, 0: none is cut. A failure ends
 * the program, here and below. */
struct token_pair token_pair_of(const struct engine *engine, const char *first, const char *second, int32_t flags,
                                int64_t most);

/* Writes the model's logits of a pair; its types only count for a model that has several. */
void token_pair_run(const struct engine *engine, const struct token_pair *pair, float *logits);
void token_pair_free(struct token_pair *pair);

/* Logits [SA_MODEL_OUTPUTS] of a pair, whose longer text is cut where the model reads no more. */
void text_pair_logits(const struct engine *engine, const char *first, const char *second, float *logits);

#endif
