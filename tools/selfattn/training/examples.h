/* Texts and their classes, which a classifier learns.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_EXAMPLES_H
#define TOOLS_TRAINING_EXAMPLES_H

#include "engine.h"
#include "training/order.h"

struct examples {
    struct tokens *text;
    int32_t *class;
    int64_t count, room, learned; /* examples behind `learned` are for the test */
    char **name;                  /* [classes] those of the file, in the order of their bytes */
    int64_t classes;
    int64_t batch;
    struct order order;
    int32_t *ids, *labels; /* [batch][longest] and [batch] of the batch now */
    int64_t *lengths;      /* [batch] */
    int64_t *tests;        /* [batch] */
};

/* Reads the lines of a text: a text, a tab, its class, in which no tab is. Texts are cut to `window` tokens, of which
 * the last stays the last. Then the examples are mixed, always in the same way, and the last tenth, in whole batches
 * but at most 16, is for the test. A failure ends the program. */
struct examples examples_open(const struct engine *engine, const char *text, int64_t batch, int64_t window);

/* Numbers the classes as the id2label of a model's config.json does. Returns a class that it lacks, and then the
 * numbers stay; or NULL. */
const char *examples_number(struct examples *examples, const json_t *config);
void examples_close(struct examples *examples);

/* The order in which they are learned is drawn from this. */
void examples_begin(struct examples *examples, uint64_t seed);

/* The next batch; or number `i` of the test, of which examples_tests() exist. It lies in the examples. */
sa_training_batch examples_next(struct examples *examples);
int64_t examples_tests(const struct examples *examples);
sa_training_batch examples_test(struct examples *examples, int64_t i);

/* The share of the test that the model in a directory takes for what it is. The engine has the model's tokenizer. */
double examples_accuracy(struct examples *examples, struct engine *engine, const char *model);

#endif
