/* SPDX-License-Identifier: MIT */
#include "training/examples.h"

#include "classifier/labels.h"
#include "exit.h"
#include "training/lesson.h"

#include <stdlib.h>
#include <string.h>

void examples_add(struct examples *e, struct example example, const char *name, size_t length) {
    if (e->count == e->room) {
        e->room = e->room ? 2 * e->room : 1024;
        e->example = reallocate(e->example, (size_t)e->room, sizeof *e->example);
    }
    example.name = strndup(name, length);
    if (!example.name) failure("no memory for the name of a class");
    e->example[e->count++] = example;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that the examples have, each once. */
static void find_names(struct examples *e) {
    e->name = allocate((size_t)e->count, sizeof *e->name);
    for (int64_t i = 0; i < e->count; i++) e->name[i] = e->example[i].name;
    qsort((void *)e->name, (size_t)e->count, sizeof *e->name, by_name);
    for (int64_t i = 0; i < e->count; i++)
        if (!i || strcmp(e->name[i], e->name[e->classes - 1]) != 0) e->name[e->classes++] = e->name[i];
}

static void number_classes(struct examples *e) {
    for (int64_t i = 0; i < e->count; i++) {
        const char *name = e->example[i].name;
        const char **at = bsearch(&name, (const void *)e->name, (size_t)e->classes, sizeof *e->name, by_name);
        e->example[i].class = (int32_t)(at - e->name);
    }
}

const char *examples_number(struct examples *e, const json_t *config) {
    int32_t *number = allocate((size_t)e->classes, sizeof *number);
    const char *lacking = NULL;
    for (int64_t i = 0; i < e->classes && !lacking; i++)
        if ((number[i] = (int32_t)label_number(config, e->name[i])) < 0) lacking = e->name[i];
    for (int64_t i = 0; i < e->count && !lacking; i++) e->example[i].class = number[e->example[i].class];
    free(number);
    return lacking;
}

/* Mixes examples in one way: files and folders are often sorted by class. */
static void mix(struct examples *e) {
    int64_t *number = allocate((size_t)e->count, sizeof *number);
    struct example *mixed = allocate((size_t)e->count, sizeof *mixed);
    uint64_t state = 0;
    for (int64_t i = 0; i < e->count; i++) number[i] = i;
    order_mix(number, e->count, &state);
    for (int64_t i = 0; i < e->count; i++) mixed[i] = e->example[number[i]];
    free(e->example);
    free(number);
    e->example = mixed;
}

void examples_arrange(struct examples *e) {
    e->learned = e->count - lesson_test_share(e->count, e->batch) * e->batch;
    if (e->learned < e->batch)
        failure("there are %lld examples; %lld are needed, a batch to learn and one for the test", (long long)e->count,
                2 * (long long)e->batch);
    find_names(e);
    number_classes(e);
    mix(e);
    e->labels = allocate((size_t)e->batch, sizeof *e->labels);
    e->lengths = allocate((size_t)e->batch, sizeof *e->lengths);
    e->tests = allocate((size_t)e->batch, sizeof *e->tests);
}

void examples_close(struct examples *e) {
    for (int64_t i = 0; i < e->count; i++) {
        free(e->example[i].text.id);
        free(e->example[i].image);
        free(e->example[i].name);
    }
    free(e->example);
    free((void *)e->name);
    free(e->directory);
    free(e->order.number);
    free(e->ids);
    free(e->labels);
    free(e->features);
    free(e->lengths);
    free(e->tests);
}

static int64_t features_of_one(const struct examples *e) {
    return 3 * e->preprocessing.model_width * e->preprocessing.model_height;
}

static void see(const struct examples *e, const char *file, float *features) {
    struct image image = image_read(file);
    struct view view = preprocess(&e->preprocessing, e->directory, &image);
    memcpy(features, view.features, (size_t)features_of_one(e) * sizeof *features);
    free(view.features);
    image_free(&image);
}

void examples_see(struct examples *e, const struct engine *engine, const char *model) {
    check_takes_photographs(engine, model);
    e->directory = engine_directory(model);
    e->preprocessing = preprocessing_find(engine, e->directory);
    e->features = allocate((size_t)(e->batch * features_of_one(e)), sizeof *e->features);
    for (int64_t b = 0; b < e->batch; b++) e->lengths[b] = sa_model_get(engine->model, SA_MODEL_FEATURE_TOKENS);
    for (int64_t i = 0; i < e->count; i++) see(e, e->example[i].image, e->features);
}

void examples_begin(struct examples *e, uint64_t seed) {
    e->order = order_open(e->learned, seed);
}

static sa_training_batch batch_of_texts(struct examples *e, const int64_t *number) {
    int64_t T = 1;
    for (int64_t b = 0; b < e->batch; b++) {
        e->lengths[b] = e->example[number[b]].text.count;
        if (e->lengths[b] > T) T = e->lengths[b];
    }
    memset(e->ids, 0, (size_t)(e->batch * T) * sizeof *e->ids);
    for (int64_t b = 0; b < e->batch; b++)
        memcpy(e->ids + b * T, e->example[number[b]].text.id, (size_t)e->lengths[b] * sizeof *e->ids);
    return (sa_training_batch){.tokens = T, .ids = e->ids, .lengths = e->lengths};
}

static sa_training_batch batch_of_images(struct examples *e, const int64_t *number) {
    for (int64_t b = 0; b < e->batch; b++) see(e, e->example[number[b]].image, e->features + b * features_of_one(e));
    return (sa_training_batch){.features = e->features};
}

static sa_training_batch batch_of(struct examples *e, const int64_t *number) {
    sa_training_batch batch = e->features ? batch_of_images(e, number) : batch_of_texts(e, number);
    for (int64_t b = 0; b < e->batch; b++) e->labels[b] = e->example[number[b]].class;
    batch.struct_size = sizeof batch;
    batch.batch = e->batch;
    batch.labels = e->labels;
    batch.labels_per_sequence = 1;
    return batch;
}

sa_training_batch examples_next(struct examples *e) {
    return batch_of(e, order_next(&e->order, e->batch));
}

int64_t examples_tests(const struct examples *e) {
    return (e->count - e->learned) / e->batch;
}

sa_training_batch examples_test(struct examples *e, int64_t i) {
    for (int64_t b = 0; b < e->batch; b++) e->tests[b] = e->learned + i * e->batch + b;
    return batch_of(e, e->tests);
}

/* How many of a batch have the largest logit at their class. */
static int64_t count_right(const struct engine *engine, const sa_training_batch *batch) {
    const int64_t classes = sa_model_get(engine->model, SA_MODEL_OUTPUTS);
    float *logits = allocate((size_t)(batch->batch * classes), sizeof *logits);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = batch->batch,
                                 .tokens = batch->tokens,
                                 .ids = batch->ids,
                                 .lengths = batch->lengths,
                                 .features = batch->features,
                                 .logits = logits};
    check(sa_model_encode(engine->ctx, engine->model, &args), engine->ctx);
    int64_t right = 0;
    for (int64_t b = 0; b < batch->batch; b++) {
        const float *row = logits + b * classes;
        int64_t best = 0;
        for (int64_t i = 1; i < classes; i++)
            if (row[i] > row[best]) best = i;
        right += best == batch->labels[b];
    }
    free(logits);
    return right;
}

double examples_accuracy(struct examples *e, struct engine *engine, const char *model) {
    const int64_t tests = examples_tests(e);
    int64_t right = 0;
    load_for_images(engine, model, NULL);
    for (int64_t i = 0; i < tests; i++) {
        const sa_training_batch batch = examples_test(e, i);
        right += count_right(engine, &batch);
    }
    engine_unload(engine);
    return (double)right / (double)(tests * e->batch);
}
