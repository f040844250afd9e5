/* SPDX-License-Identifier: MIT */
#include "training/lesson.h"

#include "exit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One token in ten is for the test, but no more than some windows: they are read often. */
enum { TEST_SHARE = 10, MOST_TESTS = 16 };

int64_t lesson_test_share(int64_t count, int64_t window) {
    const int64_t tests = count / TEST_SHARE / window;
    return tests < 1 ? 1 : tests > MOST_TESTS ? MOST_TESTS : tests;
}

/* The tokens of all texts. */
static struct tokens join(const struct engine *engine, const struct texts *texts) {
    struct tokens all = {0}, ends = engine_end_tokens(engine);
    int parted = ends.count == 0; /* whether the end of a text is left to the tokenizer */
    for (int64_t i = 0; i < engine->special.count; i++) parted |= tokens_have(&ends, engine->special.id[i]);
    if (texts->count > 1 && !ends.count && !engine->special.count)
        fprintf(stderr, "neither model nor tokenizer has a token that ends a text: nothing stands between the texts\n");
    for (int64_t i = 0; i < texts->count; i++) {
        if (i && !parted) all.id[all.count++] = ends.id[0]; /* engine_add_tokens() leaves room for one */
        engine_add_tokens(engine, texts->text[i], 0, &all);
    }
    free(ends.id);
    return all;
}

struct lesson lesson_open(const struct engine *engine, int32_t start, const struct texts *texts, int64_t batch,
                          int64_t window, uint64_t seed) {
    struct lesson l = {.all = join(engine, texts), .batch = batch, .window = window, .start = start, .state = seed};
    l.learned = l.all.count - lesson_test_share(l.all.count, window) * window;
    if (l.learned < window)
        failure("what is to be learned has %lld tokens; %lld are needed for one window to learn and one for the test",
                (long long)l.all.count, 2 * (long long)window);
    l.ids = allocate((size_t)(batch * window), sizeof *l.ids);
    return l;
}

struct lesson lesson_open_pairs(const struct engine *engine, const char *text, int64_t batch, uint64_t seed) {
    return (struct lesson){.pairs = pairs_open(engine, text, batch),
                           .numbers = allocate((size_t)batch, sizeof(int64_t)),
                           .batch = batch,
                           .state = seed};
}

void lesson_close(struct lesson *l) {
    pairs_close(&l->pairs);
    free(l->numbers);
    free(l->all.id);
    free(l->ids);
}

/* A window of the text's tokens from `first` on. */
static void take_window(struct lesson *l, int64_t b, int64_t first) {
    int32_t *to = l->ids + b * l->window;
    const int64_t lead = l->start >= 0;
    if (lead) to[0] = l->start;
    memcpy(to + lead, l->all.id + first, (size_t)(l->window - lead) * sizeof *to);
}

uint64_t lesson_number(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static sa_training_batch batch_of(struct lesson *l, int64_t sequences) {
    return (sa_training_batch){
        .struct_size = sizeof(sa_training_batch), .batch = sequences, .tokens = l->window, .ids = l->ids};
}

static sa_training_batch next_pairs(struct lesson *l) {
    for (int64_t b = 0; b < l->batch; b++)
        l->numbers[b] = (int64_t)(lesson_number(&l->state) % (uint64_t)l->pairs.learned);
    return pairs_batch(&l->pairs, l->numbers);
}

sa_training_batch lesson_next(struct lesson *l) {
    if (l->numbers) return next_pairs(l);
    const uint64_t places = (uint64_t)(l->learned - l->window + 1);
    for (int64_t b = 0; b < l->batch; b++) take_window(l, b, (int64_t)(lesson_number(&l->state) % places));
    return batch_of(l, l->batch);
}

int64_t lesson_tests(const struct lesson *l) {
    return l->numbers ? (l->pairs.count - l->pairs.learned) / l->batch : (l->all.count - l->learned) / l->window;
}

sa_training_batch lesson_test(struct lesson *l, int64_t i) {
    if (l->numbers) {
        for (int64_t b = 0; b < l->batch; b++) l->numbers[b] = l->pairs.learned + i * l->batch + b;
        return pairs_batch(&l->pairs, l->numbers);
    }
    take_window(l, 0, l->learned + i * l->window);
    return batch_of(l, 1);
}

double lesson_learn(struct lesson *l, sa_ctx *ctx, sa_trainer *trainer, double *tokens) {
    const sa_training_batch batch = lesson_next(l);
    double loss;
    check(sa_trainer_accumulate(ctx, trainer, &batch, &loss), ctx);
    *tokens = (double)(batch.batch * (batch.tokens + batch.labels_per_sequence));
    return loss;
}

double lesson_test_loss(struct lesson *l, sa_ctx *ctx, sa_trainer *trainer) {
    const int64_t count = lesson_tests(l);
    double sum = 0, loss;
    for (int64_t i = 0; i < count; i++) {
        const sa_training_batch batch = lesson_test(l, i);
        check(sa_trainer_loss(ctx, trainer, &batch, &loss), ctx);
        sum += loss;
    }
    return sum / (double)count;
}
