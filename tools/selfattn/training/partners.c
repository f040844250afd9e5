/* SPDX-License-Identifier: MIT */
#include "training/partners.h"

#include "exit.h"
#include "training/lesson.h"

#include <stdlib.h>
#include <string.h>

static void cut(struct tokens *all, int64_t count, int64_t window) {
    for (int64_t i = 0; i < count; i++) {
        if (all[i].count <= window) continue;
        all[i].id[window - 1] = all[i].id[all[i].count - 1];
        all[i].count = window;
    }
}

struct partners partners_open(const struct engine *engine, const char *text, int64_t batch, int64_t window,
                              uint64_t seed) {
    struct partners p = {.pairs = pairs_open(engine, text, batch), .window = window, .state = seed};
    const int64_t count = p.pairs.count;
    if (p.pairs.learned < batch)
        failure("there are %lld pairs; %lld are needed, a batch to learn and one for the test", (long long)count,
                2 * (long long)batch);
    cut(p.pairs.source, count, window);
    cut(p.pairs.target, count, window);
    p.ids = allocate((size_t)(2 * batch * window), sizeof *p.ids);
    p.lengths = allocate((size_t)(2 * batch), sizeof *p.lengths);
    p.order = allocate((size_t)count, sizeof *p.order);
    for (int64_t i = 0; i < count; i++) p.order[i] = i;
    p.place = p.pairs.learned;
    return p;
}

void partners_close(struct partners *p) {
    pairs_close(&p->pairs);
    free(p->ids);
    free(p->lengths);
    free(p->order);
}

/* Fisher and Yates. */
static void shuffle(struct partners *p) {
    for (int64_t i = p->pairs.learned - 1; i > 0; i--) {
        const int64_t j = (int64_t)(lesson_number(&p->state) % (uint64_t)(i + 1)), swapped = p->order[i];
        p->order[i] = p->order[j];
        p->order[j] = swapped;
    }
    p->place = 0;
}

/* A batch from `first` on in the order: the texts, then their partners. */
static sa_training_pairs batch_from(struct partners *p, int64_t first) {
    const int64_t N = p->pairs.batch;
    int64_t T = 1;
    for (int64_t i = 0; i < 2 * N; i++) {
        p->lengths[i] = (i < N ? p->pairs.source : p->pairs.target)[p->order[first + i % N]].count;
        if (p->lengths[i] > T) T = p->lengths[i];
    }
    memset(p->ids, 0, (size_t)(2 * N * T) * sizeof *p->ids);
    for (int64_t i = 0; i < 2 * N; i++) {
        const struct tokens *t = &(i < N ? p->pairs.source : p->pairs.target)[p->order[first + i % N]];
        memcpy(p->ids + i * T, t->id, (size_t)t->count * sizeof *t->id);
    }
    return (sa_training_pairs){
        .struct_size = sizeof(sa_training_pairs), .pairs = N, .tokens = T, .ids = p->ids, .lengths = p->lengths};
}

sa_training_pairs partners_next(struct partners *p) {
    if (p->place + p->pairs.batch > p->pairs.learned) shuffle(p);
    p->place += p->pairs.batch;
    return batch_from(p, p->place - p->pairs.batch);
}

int64_t partners_tests(const struct partners *p) {
    return (p->pairs.count - p->pairs.learned) / p->pairs.batch;
}

sa_training_pairs partners_test(struct partners *p, int64_t i) {
    return batch_from(p, p->pairs.learned + i * p->pairs.batch);
}
