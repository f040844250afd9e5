/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */
#include "training/examples.h"

#include "classifier/labels.h"
#include "exit.h"
#include "training/lesson.h"

#include <stdlib.h>
#include <string.h>

static char *copy_of(const char *text, size_t length) {
    char *copy = strndup(text, length);
    if (!copy) failure("no memory for a text");
    return copy;
}

/* The lines of the file, each with the name of its class. */
struct lines {
    char **class; /* [room] */
};

static void add_line(struct examples *e, struct lines *lines, const struct engine *engine, const char *line,
                     size_t length, int64_t window) {
    const char *tab = memrchr(line, '\t', length);
    const long long number = e->count + 1;
    if (!tab || tab + 1 == line + length)
        failure("line %lld is no text with a tab and a class behind it: %.*s", number, (int)(length < 60 ? length : 60),
                line);
    if (e->count == e->room) {
        e->room = e->room ? 2 * e->room : 1024;
        e->text = reallocate(e->text, (size_t)e->room, sizeof *e->text);
        lines->class = reallocate((void *)lines->class, (size_t)e->room, sizeof *lines->class);
    }
    char *text = copy_of(line, (size_t)(tab - line));
    struct tokens *t = &e->text[e->count];
    *t = engine_tokens(engine, text);
    if (!t->count) failure("line %lld: a text has no tokens", number);
    tokens_shorten(t, window);
    lines->class[e->count++] = copy_of(tab + 1, length - (size_t)(tab + 1 - line));
    free(text);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that the lines have, each once. */
static void find_names(struct examples *e, const struct lines *lines) {
    char **sorted = allocate((size_t)e->count, sizeof *sorted);
    for (int64_t i = 0; i < e->count; i++) sorted[i] = lines->class[i];
    qsort((void *)sorted, (size_t)e->count, sizeof *sorted, by_name);
    e->name = allocate((size_t)e->count, sizeof *e->name);
    for (int64_t i = 0; i < e->count; i++)
        if (!i || strcmp(sorted[i], sorted[i - 1]) != 0) e->name[e->classes++] = copy_of(sorted[i], strlen(sorted[i]));
    free((void *)sorted);
}

static void number_classes(struct examples *e, const struct lines *lines) {
    e->class = allocate((size_t)e->count, sizeof *e->class);
    for (int64_t i = 0; i < e->count; i++) {
        const char *name = lines->class[i];
        const char **at = bsearch(&name, (const void *)e->name, (size_t)e->classes, sizeof *e->name, by_name);
        e->class[i] = (int32_t)(at - (const char **)e->name);
    }
}

const char *examples_number(struct examples *e, const json_t *config) {
    int32_t *number = allocate((size_t)e->classes, sizeof *number);
    const char *lacking = NULL;
    for (int64_t i = 0; i < e->classes && !lacking; i++)
        if ((number[i] = (int32_t)label_number(config, e->name[i])) < 0) lacking = e->name[i];
    for (int64_t i = 0; i < e->count && !lacking; i++) e->class[i] = number[e->class[i]];
    free(number);
    return lacking;
}

/* Mixes texts and classes in one way: files are often sorted by class. */
static void mix(struct examples *e) {
    int64_t *number = allocate((size_t)e->count, sizeof *number);
    struct tokens *text = allocate((size_t)e->count, sizeof *text);
    int32_t *class = allocate((size_t)e->count, sizeof *class);
    uint64_t state = 0;
    for (int64_t i = 0; i < e->count; i++) number[i] = i;
    order_mix(number, e->count, &state);
    for (int64_t i = 0; i < e->count; i++) text[i] = e->text[number[i]], class[i] = e->class[number[i]];
    free(e->text);
    free(e->class);
    free(number);
    e->text = text;
    e->class = class;
}

struct examples examples_open(const struct engine *engine, const char *text, int64_t batch, int64_t window) {
    struct examples e = {.batch = batch};
    struct lines lines = {0};
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        if (length) add_line(&e, &lines, engine, text, length, window);
    }
    e.learned = e.count - lesson_test_share(e.count, batch) * batch;
    if (e.learned < batch)
        failure("there are %lld examples; %lld are needed, a batch to learn and one for the test", (long long)e.count,
                2 * (long long)batch);
    find_names(&e, &lines);
    number_classes(&e, &lines);
    for (int64_t i = 0; i < e.count; i++) free(lines.class[i]);
    free((void *)lines.class);
    mix(&e);
    e.ids = allocate((size_t)(batch * window), sizeof *e.ids);
    e.labels = allocate((size_t)batch, sizeof *e.labels);
    e.lengths = allocate((size_t)batch, sizeof *e.lengths);
    e.tests = allocate((size_t)batch, sizeof *e.tests);
    return e;
}

void examples_close(struct examples *e) {
    for (int64_t i = 0; i < e->count; i++) free(e->text[i].id);
    for (int64_t i = 0; i < e->classes; i++) free(e->name[i]);
    free(e->text);
    free(e->class);
    free((void *)e->name);
    free(e->order.number);
    free(e->ids);
    free(e->labels);
    free(e->lengths);
    free(e->tests);
}

void examples_begin(struct examples *e, uint64_t seed) {
    e->order = order_open(e->learned, seed);
}

static sa_training_batch batch_of(struct examples *e, const int64_t *number) {
    int64_t T = 1;
    for (int64_t b = 0; b < e->batch; b++) {
        e->lengths[b] = e->text[number[b]].count;
        e->labels[b] = e->class[number[b]];
        if (e->lengths[b] > T) T = e->lengths[b];
    }
    memset(e->ids, 0, (size_t)(e->batch * T) * sizeof *e->ids);
    for (int64_t b = 0; b < e->batch; b++)
        memcpy(e->ids + b * T, e->text[number[b]].id, (size_t)e->lengths[b] * sizeof *e->ids);
    return (sa_training_batch){.struct_size = sizeof(sa_training_batch),
                               .batch = e->batch,
                               .tokens = T,
                               .ids = e->ids,
                               .lengths = e->lengths,
                               .labels = e->labels,
                               .labels_per_sequence = 1};
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
    engine_load(engine, model);
    for (int64_t i = 0; i < tests; i++) {
        const sa_training_batch batch = examples_test(e, i);
        right += count_right(engine, &batch);
    }
    engine_unload(engine);
    return (double)right / (double)(tests * e->batch);
}
