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

/* The highest score first; of equal ones the lower index. */
void hits_sort(struct hit *hits, int64_t count);

/* A model with one class, the logit of how well the second text answers the first (Nogueira and Cho, "Passage
 * re-ranking with BERT", 2019). A failure ends the program, here and below. */
struct engine reranker_open(const struct common *common, const char *model);

/* Sorts all hits by it. Their scores become its probabilities. */
void hits_rerank(const struct engine *reranker, const char *query, struct hit *hits, int64_t count);

#endif
