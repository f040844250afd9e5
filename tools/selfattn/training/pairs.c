/* SPDX-License-Identifier: MIT */
#include "training/pairs.h"

#include "exit.h"
#include "training/lesson.h"

#include <stdlib.h>
#include <string.h>

enum { NO_LABEL = -100 };

static struct tokens take(const struct engine *engine, const char *text, size_t length, long long line) {
    char *copy = strndup(text, length);
    struct tokens t = engine_tokens(engine, copy);
    if (!t.count) failure("line %lld: a text has no tokens", line);
    free(copy);
    return t;
}

static void add_line(struct pairs *p, const struct engine *engine, const char *line, size_t length) {
    const char *tab = memchr(line, '\t', length);
    const long long number = p->count + 1;
    if (!tab || memchr(tab + 1, '\t', length - (size_t)(tab + 1 - line)))
        failure("line %lld is no pair, two texts with a tab between: %.*s", number, (int)(length < 60 ? length : 60),
                line);
    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 1024;
        p->source = reallocate(p->source, (size_t)p->room, sizeof *p->source);
        p->target = reallocate(p->target, (size_t)p->room, sizeof *p->target);
    }
    p->source[p->count] = take(engine, line, (size_t)(tab - line), number);
    p->target[p->count++] = take(engine, tab + 1, length - (size_t)(tab + 1 - line), number);
}

static int64_t longest(const struct tokens *all, int64_t count) {
    int64_t most = 0;
    for (int64_t i = 0; i < count; i++)
        if (all[i].count > most) most = all[i].count;
    return most;
}

struct pairs pairs_open(const struct engine *engine, const char *text, int64_t batch) {
    struct pairs p = {.batch = batch};
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        if (length) add_line(&p, engine, text, length);
    }
    p.learned = p.count - lesson_test_share(p.count, batch) * batch;
    if (p.learned < 1)
        failure("there are %lld pairs; more than %lld are needed, to learn and for the test", (long long)p.count,
                (long long)batch);
    p.ids = allocate((size_t)(batch * longest(p.source, p.count)), sizeof *p.ids);
    p.labels = allocate((size_t)(batch * longest(p.target, p.count)), sizeof *p.labels);
    p.lengths = allocate((size_t)batch, sizeof *p.lengths);
    return p;
}

void pairs_close(struct pairs *p) {
    for (int64_t i = 0; i < p->count; i++) {
        free(p->source[i].id);
        free(p->target[i].id);
    }
    free(p->source);
    free(p->target);
    free(p->ids);
    free(p->labels);
    free(p->lengths);
}

/* Rows of `width` numbers; shorter ones end with `padding`. Returns where the next row begins. */
static int32_t *put_row(int32_t *to, const struct tokens *from, int64_t width, int32_t padding) {
    memcpy(to, from->id, (size_t)from->count * sizeof *to);
    for (int64_t i = from->count; i < width; i++) to[i] = padding;
    return to + width;
}

sa_training_batch pairs_batch(struct pairs *p, const int64_t *numbers) {
    int64_t tokens = 0, labels = 0;
    for (int64_t b = 0; b < p->batch; b++) {
        const struct tokens *source = &p->source[numbers[b]], *target = &p->target[numbers[b]];
        p->lengths[b] = source->count;
        if (source->count > tokens) tokens = source->count;
        if (target->count > labels) labels = target->count;
    }
    int32_t *id = p->ids, *label = p->labels;
    for (int64_t b = 0; b < p->batch; b++) {
        id = put_row(id, &p->source[numbers[b]], tokens, 0);
        label = put_row(label, &p->target[numbers[b]], labels, NO_LABEL);
    }
    return (sa_training_batch){.struct_size = sizeof(sa_training_batch),
                               .batch = p->batch,
                               .tokens = tokens,
                               .ids = p->ids,
                               .lengths = p->lengths,
                               .labels = p->labels,
                               .labels_per_sequence = labels};
}
