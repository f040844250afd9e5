/* Who runs tasks: the calling thread, the library's own threads, an OpenMP team, or the caller's threads.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PARALLEL_PARALLEL_H
#define SA_PARALLEL_PARALLEL_H

#include "parallel/watch.h"

struct parallel {
    int32_t kind;    /* SA_PARALLEL_SERIAL, _OPENMP, _CALLBACK or _POOL */
    int32_t threads; /* most workers at once */
    sa_parallel_for_fn callback;
    void *user;
    struct watch *watch; /* of the context; NULL: nobody cancels */
};

/* Whether OpenMP is compiled in. */
int parallel_has_openmp(void);

/* A context begins, or ends, to run tasks this way. */
void parallel_open(const struct parallel *parallel);
void parallel_close(const struct parallel *parallel);

/* How many workers tasks_run() uses for `tasks` tasks. */
int32_t parallel_workers(const struct parallel *parallel, int64_t tasks);

/* Runs task(arg, t, worker) once for every t in 0 .. tasks-1 and returns when all are done. Tasks are handed out one by
 * one in ascending order to whichever worker is free, so results must not depend on `worker`, 0 <= worker <
 * parallel_workers(), which only says whose scratch memory to use. If the call is cancelled, the tasks that have not
 * begun are left out: whatever uses their results as places or counts has to ask tasks_stop() first. */
typedef void (*task_fn)(void *arg, int64_t task, int32_t worker);
void tasks_run(const struct parallel *parallel, int64_t tasks, task_fn task, void *arg);

/* The same; worker 0 tells how many tasks are done, as a stretch of work of this name. */
void tasks_run_told(const struct parallel *parallel, int64_t tasks, task_fn task, void *arg, const char *what);

/* Whether the call is cancelled, so that what comes next is left out. */
static inline int tasks_stop(const struct parallel *parallel) {
    return watch_stops(parallel->watch);
}

#endif
