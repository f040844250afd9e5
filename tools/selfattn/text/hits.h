/* What a search has found, and how a reranker sorts the best of it again.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_HITS_H
#define TOOLS_TEXT_HITS_H

#include "engine.h"

struct hit {
    const char *text; /* not owned */
    int64_t index;
    double score;
};

/* A model with one class, the logit of how well the second text answers the first (Nogueira and Cho, "Passage
 * re-ranking with BERT", 2019). A failure ends the program, here and below. */
struct engine reranker_open(const struct common *common, const char *model);

/* Sorts hits, the highest score first, of equal ones the lower index. A reranker, NULL: none, sorts the `candidates`
 * best of them again, whose scores become its probabilities. Returns how many are as they have to be: all, or those. */
int64_t hits_rank(struct hit *hits, int64_t count, const struct engine *reranker, int64_t candidates,
                  const char *query);

#endif
