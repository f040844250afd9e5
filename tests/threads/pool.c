/* SPDX-License-Identifier: MIT */
#include "threads/pool.h"

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
