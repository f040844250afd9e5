/* Where a text answers a question, by a model that was trained to point there (Devlin et al., "BERT", 2018; Rajpurkar
 * et al., "SQuAD", 2016).
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_ANSWERING_H
#define TOOLS_CLASSIFIER_ANSWERING_H

#include "engine.h"

/* Whole words of the text. */
struct answer {
    int64_t begin, end; /* bytes of the text */
    double probability;
};

struct answers {
    int64_t count;
    struct answer *best; /* [count] most probable first; none overlaps a better one. free() it */
};

struct asking {
    const struct engine *engine;
    int64_t tokens;  /* of question and text together; a longer text is read in windows that overlap by a third */
    int64_t longest; /* tokens of an answer */
    int64_t most;    /* answers */
};

/* Whether a model shows where answers are: two logits for each token, that one begins and ends there. */
int answers_are_shown(const struct engine *engine, const char *model);

/* An answer's probability is that of its beginning times that of its end, both among the tokens of the text in a
 * window, and the first token of all, which stands for no answer. A failure ends the program. */
struct answers answers_find(const struct asking *asking, const char *question, const char *text);

#endif
