/* Texts or images and their classes, which a classifier learns.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_EXAMPLES_H
#define TOOLS_TRAINING_EXAMPLES_H

#include "engine.h"
#include "picture/preprocess.h"
#include "training/order.h"

struct example {
    struct tokens text;
    char *image;   /* its file; NULL: a text */
    char *name;    /* of its class */
    int32_t class; /* number of its class */
};

struct examples {
    struct example *example;
    int64_t count, room, learned; /* examples behind `learned` are for the test */
    const char **name;            /* [classes] those of the examples, in the order of their bytes */
    int64_t classes;
    int64_t batch;
    struct order order;
    struct preprocessing preprocessing; /* of images, and the directory that says it */
    char *directory;
    int32_t *ids, *labels; /* [batch][longest] and [batch] of the batch now; of images the features ... */
    float *features;       /* ... [batch][3][height][width] */
    int64_t *lengths;      /* [batch] tokens of each */
    int64_t *tests;        /* [batch] */
};

/* Reads the lines of a text: a text, a tab, its class, in which no tab is. Texts are cut to `window` tokens, of which
 * the last stays the last. Then the examples are mixed, always in the same way, and the last tenth, in whole batches
 * but at most 16, is for the test. A failure ends the program, here and below. */
struct examples examples_of_texts(const struct engine *engine, const char *text, int64_t batch, int64_t window);

/* The same with the images (.png, .jpg, .jpeg) of a folder: those of each class are in a folder of its name in it, or
 * in folders there. How many there are, and what is left out, is told on stderr. */
struct examples examples_of_images(const char *folder, int64_t batch);

/* Says how images become what the engine's model takes: as files beside `model` say. Each image is read, so that one
 * that cannot be is known before anything is learned. */
void examples_see(struct examples *examples, const struct engine *engine, const char *model);

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

/* The share of the test that the model in a directory takes for what it is. */
double examples_accuracy(struct examples *examples, struct engine *engine, const char *model);

/* For those that read examples: takes over the text or image, of a class whose name has so many bytes. And when all
 * are there: names and numbers of classes, order, test, and room for a batch. */
void examples_add(struct examples *examples, struct example example, const char *name, size_t length);
void examples_arrange(struct examples *examples);

#endif
