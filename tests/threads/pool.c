/* SPDX-License-Identifier: MIT */
#include "threads/pool.h"

#include "support/random.h"

#include <pthread.h>
#include <stdlib.h>

struct call {
    pthread_t thread;
    sa_body_fn body;
    void *arg;
    int64_t index;
};

static void *run(void *data) {
    struct call *call = data;
    call->body(call->arg, call->index);
    return NULL;
}

void pool_for(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct call *calls = calloc((size_t)count, sizeof *calls);
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        calls[i] = (struct call){.body = body, .arg = arg, .index = i};
        if (pthread_create(&calls[i].thread, NULL, run, &calls[i])) abort();
    }
    for (int64_t i = 0; i < count; i++) pthread_join(calls[i].thread, NULL);
    free(calls);
}

enum { MOST_SHUFFLED = 1024 };

static void shuffle(void *user, int64_t count, int64_t order[MOST_SHUFFLED]) {
    struct rng rng = {(*(uint64_t *)user)++};
    if (count > MOST_SHUFFLED) abort();
    for (int64_t i = 0; i < count; i++) {
        const int64_t other = rng_below(&rng, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
}

void shuffled_for(void *user, int64_t count, sa_body_fn body, void *arg) {
    int64_t order[MOST_SHUFFLED] = {0};
    shuffle(user, count, order);
    for (int64_t i = 0; i < count; i++) body(arg, order[i]);
}

void shuffled_elsewhere_for(void *user, int64_t count, sa_body_fn body, void *arg) {
    int64_t order[MOST_SHUFFLED] = {0};
    shuffle(user, count, order);
    for (int64_t i = 0; i < count; i++) {
        struct call call = {.body = body, .arg = arg, .index = order[i]};
        if (pthread_create(&call.thread, NULL, run, &call)) abort();
        pthread_join(call.thread, NULL);
    }
}

const sa_parallel_for_fn loops[LOOPS] = {pool_for, shuffled_for, shuffled_elsewhere_for};
