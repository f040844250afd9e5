/* SPDX-License-Identifier: MIT */
#include "text/hits.h"

#include "classifier/text_pairs.h"
#include "exit.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
    const struct hit *a = left, *b = right;
    if (a->score > b->score || b->score > a->score) return a->score < b->score ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static void sort(struct hit *hits, int64_t count) {
    qsort(hits, (size_t)count, sizeof *hits, compare);
}

struct engine reranker_open(const struct common *common, const char *model) {
    struct engine e = engine_open(model, NULL, common);
    engine_load(&e, model);
    const int of_tokens = sa_model_get(e.model, SA_MODEL_TOKEN_LOGITS) != 0;
    const long long classes = sa_model_get(e.model, SA_MODEL_OUTPUTS);
    if (classes != 1 || of_tokens)
        failure("%s: a reranker has one class of two texts; this %s model has %lld%s", model, sa_model_type(e.model),
                classes, of_tokens ? " for every token" : "");
    return e;
}

int64_t hits_rank(struct hit *hits, int64_t count, const struct engine *reranker, int64_t candidates,
                  const char *query) {
    sort(hits, count);
    if (!reranker) return count;
    if (candidates < count) count = candidates;
    for (int64_t i = 0; i < count; i++) {
        float logit;
        text_pair_logits(reranker, query, hits[i].text, &logit);
        hits[i].score = 1 / (1 + exp(-(double)logit));
    }
    sort(hits, count);
    return count;
}
