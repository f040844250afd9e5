/* SPDX-License-Identifier: MIT */
#include "parallel/parallel.h"

#include "parallel/openmp.h"
#include "parallel/pool.h"

#include <stdatomic.h>

struct task_queue {
    task_fn task;
    void *arg;
    int64_t tasks;
    _Atomic int64_t next;
};

/* One worker: takes tasks until none is left. */
static void work(void *arg, int64_t worker) {
    struct task_queue *queue = arg;
    for (;;) {
        int64_t task = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed);
        if (task >= queue->tasks) return;
        queue->task(queue->arg, task, (int32_t)worker);
    }
}

int parallel_has_openmp(void) {
    return openmp_available();
}

int32_t parallel_workers(const struct parallel *parallel, int64_t tasks) {
    if (parallel->kind == SA_PARALLEL_SERIAL || tasks < 1) return 1;
    return tasks < parallel->threads ? (int32_t)tasks : parallel->threads;
}

void parallel_open(const struct parallel *parallel) {
    if (parallel->kind == SA_PARALLEL_POOL) pool_open();
}

void parallel_close(const struct parallel *parallel) {
    if (parallel->kind == SA_PARALLEL_POOL) pool_close();
}

void tasks_run(const struct parallel *parallel, int64_t tasks, task_fn task, void *arg) {
    struct task_queue queue = {task, arg, tasks, 0};
    int32_t workers = parallel_workers(parallel, tasks);
    if (workers == 1)
        work(&queue, 0);
    else if (parallel->kind == SA_PARALLEL_POOL)
        pool_run(workers, tasks, task, arg);
    else if (parallel->kind == SA_PARALLEL_CALLBACK)
        parallel->callback(parallel->user, workers, work, &queue);
    else
        openmp_for(workers, work, &queue);
}
