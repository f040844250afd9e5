/* A thread that came through fork() may have had a team in the parent, be it ours or the host's; GNU's runtime would
 * wait for ever for that team's threads, which the child does not have. A thread that is new in the child has no such
 * memory, so there each team is started from one.
 * SPDX-License-Identifier: MIT */
#include "parallel/openmp.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#include <sys/stat.h>

static int several_threads;         /* in the process that is about to fork */
static _Thread_local int abandoned; /* this thread came through a fork, and its team may not have */

/* Links to a process's task directory: two, and one for each thread. No team is possible in a process of one thread. */
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

/* A team may come out smaller than asked for, hence the loop over i. */
static void *run_team(void *loop) {
    const struct loop *l = loop;
#pragma omp parallel for num_threads(l->count) schedule(static, 1)
    for (int32_t i = 0; i < l->count; i++) l->body(l->arg, i);
    return NULL;
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
    if (!abandoned)
        run_team(&loop);
    else if (!run_from_new_thread(&loop))
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
