/* SPDX-License-Identifier: MIT */
#include "training/partners.h"

#include "exit.h"
#include "training/lesson.h"

#include <stdlib.h>
#include <string.h>

struct partners partners_open(const struct engine *engine, const char *text, int64_t batch, int64_t window,
                              uint64_t seed) {
    struct partners p = {.pairs = pairs_open(engine, text, batch), .window = window};
    const int64_t count = p.pairs.count;
    if (p.pairs.learned < batch)
        failure("there are %lld pairs; %lld are needed, a batch to learn and one for the test", (long long)count,
                2 * (long long)batch);
    for (int64_t i = 0; i < count; i++) {
        tokens_shorten(&p.pairs.source[i], window);
        tokens_shorten(&p.pairs.target[i], window);
    }
    p.ids = allocate((size_t)(2 * batch * window), sizeof *p.ids);
    p.lengths = allocate((size_t)(2 * batch), sizeof *p.lengths);
    p.order = order_open(p.pairs.learned, seed);
    p.tests = allocate((size_t)batch, sizeof *p.tests);
    return p;
}

void partners_close(struct partners *p) {
    pairs_close(&p->pairs);
    free(p->ids);
    free(p->lengths);
    free(p->order.number);
    free(p->tests);
}

/* A batch of these pairs: the texts, then their partners. */
static sa_training_pairs batch_of(struct partners *p, const int64_t *number) {
    const int64_t N = p->pairs.batch;
    int64_t T = 1;
    for (int64_t i = 0; i < 2 * N; i++) {
        p->lengths[i] = (i < N ? p->pairs.source : p->pairs.target)[number[i % N]].count;
        if (p->lengths[i] > T) T = p->lengths[i];
    }
    memset(p->ids, 0, (size_t)(2 * N * T) * sizeof *p->ids);
    for (int64_t i = 0; i < 2 * N; i++) {
        const struct tokens *t = &(i < N ? p->pairs.source : p->pairs.target)[number[i % N]];
        memcpy(p->ids + i * T, t->id, (size_t)t->count * sizeof *t->id);
    }
    return (sa_training_pairs){
        .struct_size = sizeof(sa_training_pairs), .pairs = N, .tokens = T, .ids = p->ids, .lengths = p->lengths};
}

sa_training_pairs partners_next(struct partners *p) {
    return batch_of(p, order_next(&p->order, p->pairs.batch));
}

int64_t partners_tests(const struct partners *p) {
    return (p->pairs.count - p->pairs.learned) / p->pairs.batch;
}

sa_training_pairs partners_test(struct partners *p, int64_t i) {
    for (int64_t b = 0; b < p->pairs.batch; b++) p->tests[b] = p->pairs.learned + i * p->pairs.batch + b;
    return batch_of(p, p->tests);
}
