/* Classes that a model was not trained for, by one of natural language inference: does the text entail that it is about
 * the label (Yin et al., "Benchmarking zero-shot text classification", 2019)?
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_INFERENCE_H
#define TOOLS_CLASSIFIER_INFERENCE_H

#include "classifier/labels.h"
#include "engine.h"
#include "text/sentences.h"

struct inference {
    struct engine engine;
    int64_t classes, entailment, contradiction; /* numbers of the model's classes; contradiction -1: none */
    struct sentences label;                     /* not owned */
    const char *hypothesis;                     /* with {} in the label's place */
    int several;                                /* each label is judged for itself, as a single one always is */
};

/* Finds the classes by their names in config.json. hypothesis NULL: "This example is {}." A failure ends the program.
 */
struct inference inference_open(const struct common *common, const char *model, struct sentences label,
                                const char *hypothesis, int several);
void inference_close(struct inference *inference);

/* The `most` labels that fit the text best. Probabilities are a softmax of the logits of entailment over all labels, or
 * for each label one over entailment and contradiction. */
struct labels inference_find(const struct inference *inference, const char *text, int64_t most);

#endif
