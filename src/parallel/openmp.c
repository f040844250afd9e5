/* Avoids two situations that GNU's runtime does not survive.
 *
 * If the runtime cannot start a thread, it ends the process. So before a team becomes larger than this thread's last
 * one, this file starts as many threads as are missing, all at once, and ends them. If that fails, the calling thread
 * runs all tasks itself.
 *
 * A thread that came through fork() may have had a team in the parent, ours or the host's. GNU's runtime would wait for
 * that team's threads forever, since they do not exist in the child. A new thread of the child has no old team, so in a
 * child each team is started from a new thread.
 * SPDX-License-Identifier: MIT */
#include "parallel/openmp.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#include <sys/stat.h>

static int several_threads;         /* in the process that is about to fork */
static _Thread_local int abandoned; /* this thread came through a fork, maybe without its team */

/* The task directory of a process has two links, and one more for each thread. A process of one thread has no team. */
static void before_fork(void) {
    struct stat tasks;
    several_threads = stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink != 2 + 1;
}

static void in_child(void) {
    abandoned |= several_threads;
}

__attribute__((constructor)) static void watch_forks(void) {
    (void)pthread_atfork(before_fork, NULL, in_child);
}

struct loop {
    int32_t count;
    sa_body_fn body;
    void *arg;
};

/* A team may be smaller than requested, hence the loop over i. */
static void *run_team(void *loop) {
    const struct loop *l = loop;
#pragma omp parallel for num_threads(l->count) schedule(static, 1)
    for (int32_t i = 0; i < l->count; i++) l->body(l->arg, i);
    return NULL;
}

/* Threads that wait until all have been started, or until one could not be started. */
struct trial {
    pthread_mutex_t lock;
    pthread_cond_t decided;
    int over;
};

static void *wait_for_others(void *arg) {
    struct trial *trial = arg;
    pthread_mutex_lock(&trial->lock);
    while (!trial->over) pthread_cond_wait(&trial->decided, &trial->lock);
    pthread_mutex_unlock(&trial->lock);
    return NULL;
}

/* Whether `count` more threads can be started now. */
static int threads_can_start(int32_t count) {
    enum { MOST = 1024 };
    struct trial trial = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    pthread_t threads[MOST];
    int32_t started = 0;
    if (count > MOST) return 0;
    while (started < count && pthread_create(&threads[started], NULL, wait_for_others, &trial) == 0) started++;
    pthread_mutex_lock(&trial.lock);
    trial.over = 1;
    pthread_cond_broadcast(&trial.decided);
    pthread_mutex_unlock(&trial.lock);
    for (int32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return started == count;
}

/* Whether this thread can have a team of that size. The runtime ends threads that a smaller team does not need, so the
 * last team's size is what it has. */
static int team_can_start(int32_t count) {
    static _Thread_local int32_t last = 1;
    if (count > last && !threads_can_start(count - last)) return 0;
    last = count;
    return 1;
}

static int run_from_new_thread(struct loop *loop) {
    pthread_t thread;
    return pthread_create(&thread, NULL, run_team, loop) == 0 && pthread_join(thread, NULL) == 0;
}

int openmp_available(void) {
    return 1;
}

void openmp_for(int32_t count, sa_body_fn body, void *arg) {
    struct loop loop = {count, body, arg};
    if (!abandoned && team_can_start(count))
        run_team(&loop);
    else if (!abandoned || !threads_can_start(count) || !run_from_new_thread(&loop))
        for (int32_t i = 0; i < count; i++) body(arg, i);
}
#else
int openmp_available(void) {
    return 0;
}

void openmp_for(int32_t count, sa_body_fn body, void *arg) {
    for (int32_t i = 0; i < count; i++) body(arg, i);
}
#endif
