/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int fails(struct member *m, const char *function) {
    if (!m->fail_in || strcmp(m->fail_in, function) != 0 || m->calls++ != m->fail_at) return 0;
    pthread_mutex_lock(&m->group->lock);
    m->group->broken = 1;
    pthread_cond_broadcast(&m->group->changed);
    pthread_mutex_unlock(&m->group->lock);
    return 1;
}

static int32_t start(void *user, const void *send, uint64_t send_bytes, int64_t to, void *receive,
                     uint64_t receive_bytes, int64_t from) {
    struct member *m = user;
    struct group *g = m->group;
    m->faults += m->pending || to < 0 || to >= g->ranks || from < 0 || from >= g->ranks || to == m->rank;
    if (fails(m, "start")) return 41;
    m->receive = receive, m->receive_bytes = receive_bytes, m->from = from, m->pending = 1, m->starts++;
    if (!send_bytes) return 0;
    m->messages++, m->bytes += (int64_t)send_bytes;
    struct message *message = malloc(sizeof *message + (size_t)send_bytes), **end;
    message->next = NULL, message->bytes = send_bytes;
    memcpy(message->data, send, (size_t)send_bytes);
    pthread_mutex_lock(&g->lock);
    for (end = &g->queues[m->rank][to]; *end; end = &(*end)->next) {}
    *end = message;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
    return 0;
}

static int32_t finish(void *user) {
    struct member *m = user;
    struct group *g = m->group;
    m->faults += !m->pending;
    m->pending = 0;
    if (fails(m, "finish")) return 42;
    if (!m->receive_bytes) return 0;
    pthread_mutex_lock(&g->lock);
    struct message **queue = &g->queues[m->from][m->rank], *message;
    while (!*queue && !g->broken) pthread_cond_wait(&g->changed, &g->lock);
    message = *queue;
    if (message) *queue = message->next;
    pthread_mutex_unlock(&g->lock);
    if (!message) return 43;
    m->faults += message->bytes != m->receive_bytes;
    memcpy(m->receive, message->data, (size_t)(message->bytes < m->receive_bytes ? message->bytes : m->receive_bytes));
    free(message);
    return 0;
}

static int32_t all_gather(void *user, const void *send, uint64_t bytes, void *receive) {
    struct member *m = user;
    struct group *g = m->group;
    m->gathers++, m->gathered_bytes += (int64_t)bytes;
    if (fails(m, "all_gather")) return 44;
    pthread_mutex_lock(&g->lock);
    while (g->left && !g->broken) pthread_cond_wait(&g->changed, &g->lock); /* of the gather before */
    g->gathering[m->rank] = send;
    if (++g->arrived == g->ranks) g->left = g->ranks;
    pthread_cond_broadcast(&g->changed);
    while (!g->left && !g->broken) pthread_cond_wait(&g->changed, &g->lock);
    const int broken = g->broken;
    for (int64_t i = 0; i < g->ranks && !broken; i++)
        memcpy((char *)receive + (uint64_t)i * bytes, g->gathering[i], (size_t)bytes);
    if (--g->left == 0) g->arrived = 0;
    pthread_cond_broadcast(&g->changed);
    while (g->left && !g->broken) pthread_cond_wait(&g->changed, &g->lock); /* `send` is read until then */
    pthread_mutex_unlock(&g->lock);
    return broken ? 45 : 0;
}

static void progress(void *user) {
    struct member *m = user;
    m->progress++, m->meanwhile += m->pending;
}

static const char *failure(void *user) {
    return ((struct member *)user)->group->broken ? "a thread has given up" : NULL;
}

void group_open(struct group *g, int64_t ranks) {
    *g = (struct group){.ranks = ranks};
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->changed, NULL);
    for (int64_t i = 0; i < ranks; i++) g->members[i] = (struct member){.group = g, .rank = i};
}

void group_close(struct group *g) {
    for (int64_t i = 0; i < g->ranks * g->ranks; i++)
        for (struct message *m = g->queues[i / g->ranks][i % g->ranks], *next; m; m = next) next = m->next, free(m);
    pthread_mutex_destroy(&g->lock);
    pthread_cond_destroy(&g->changed);
}

sa_exchange group_table(struct group *g, int64_t rank) {
    return (sa_exchange){.struct_size = sizeof(sa_exchange),
                         .user = &g->members[rank],
                         .rank = rank,
                         .ranks = g->ranks,
                         .start = start,
                         .finish = finish,
                         .all_gather = all_gather,
                         .progress = progress,
                         .failure = failure};
}

struct job {
    sa_exchange exchange;
    void (*work)(void *arg, const sa_exchange *exchange);
    void *arg;
};

static void *run(void *arg) {
    struct job *job = arg;
    job->work(job->arg, &job->exchange);
    return NULL;
}

void group_run(struct group *g, void (*work)(void *arg, const sa_exchange *exchange), void *arg) {
    pthread_t threads[MOST_TEST_RANKS];
    struct job jobs[MOST_TEST_RANKS];
    for (int64_t i = 0; i < g->ranks; i++) {
        jobs[i] = (struct job){group_table(g, i), work, arg};
        cr_assert_eq(pthread_create(&threads[i], NULL, run, &jobs[i]), 0);
    }
    for (int64_t i = 0; i < g->ranks; i++) pthread_join(threads[i], NULL);
}
