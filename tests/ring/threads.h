/* An exchange whose ranks are threads of one process. It counts what is sent, and fails on request.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_RING_THREADS_H
#define TESTS_RING_THREADS_H

#include "selfattn.h"

#include <pthread.h>

enum { MOST_TEST_RANKS = 8 };

struct message {
    struct message *next;
    uint64_t bytes;
    char data[];
};

struct group;

/* One rank: `user` of its table. */
struct member {
    struct group *group;
    int64_t rank;
    void *receive;
    uint64_t receive_bytes;
    int64_t from;
    int pending;                     /* between start and finish */
    int64_t starts, messages, bytes; /* sent; messages have bytes */
    int64_t gathers, gathered_bytes;
    int64_t progress, meanwhile; /* calls in all, and between a start and its finish */
    int64_t faults;              /* calls that break the contract */
    const char *fail_in;         /* this function fails ... */
    int64_t fail_at, calls;      /* ... when it is called for the fail_at-th time, from 0 */
};

struct group {
    int64_t ranks;
    struct member members[MOST_TEST_RANKS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct message *queues[MOST_TEST_RANKS][MOST_TEST_RANKS]; /* [from][to] */
    const void *gathering[MOST_TEST_RANKS];
    int64_t arrived, left;
    int broken; /* a rank has failed: so do all that wait */
};

void group_open(struct group *group, int64_t ranks);
void group_close(struct group *group);
sa_exchange group_table(struct group *group, int64_t rank);

/* Runs work(arg, table of the rank) in a thread per rank. */
void group_run(struct group *group, void (*work)(void *arg, const sa_exchange *exchange), void *arg);

#endif
