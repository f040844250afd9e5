/* SPDX-License-Identifier: MIT */
#include "parallel/parallel.h"

#include "parallel/openmp.h"
#include "parallel/pool.h"

#include <stdatomic.h>

struct task_queue {
    task_fn task;
    void *arg;
    int64_t tasks;
    struct watch *watch, *told; /* told: NULL if nobody wants to know */
    _Atomic int64_t next;
};

/* All tasks before one that worker 0 has done are done, or nearly so. That all are done is told behind the last. */
static void run_task(void *arg, int64_t task, int32_t worker) {
    const struct task_queue *queue = arg;
    if (watch_stops(queue->watch)) return;
    queue->task(queue->arg, task, worker);
    if (worker == 0 && task + 1 < queue->tasks) watch_tell(queue->told, task + 1);
}

/* One worker: takes tasks until none is left. */
static void work(void *arg, int64_t worker) {
    struct task_queue *queue = arg;
    for (;;) {
        int64_t task = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed);
        if (task >= queue->tasks) return;
        run_task(queue, task, (int32_t)worker);
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

static void run_queue(const struct parallel *parallel, struct task_queue *queue) {
    int32_t workers = parallel_workers(parallel, queue->tasks);
    if (workers == 1)
        for (int64_t t = 0; t < queue->tasks; t++) run_task(queue, t, 0);
    else if (parallel->kind == SA_PARALLEL_POOL)
        pool_run(workers, queue->tasks, run_task, queue);
    else if (parallel->kind == SA_PARALLEL_CALLBACK)
        parallel->callback(parallel->user, workers, work, queue);
    else
        openmp_for(workers, work, queue);
}

void tasks_run(const struct parallel *parallel, int64_t tasks, task_fn task, void *arg) {
    struct task_queue queue = {task, arg, tasks, parallel->watch, NULL, 0};
    run_queue(parallel, &queue);
}

void tasks_run_told(const struct parallel *parallel, int64_t tasks, task_fn task, void *arg, const char *what) {
    struct task_queue queue = {task, arg, tasks, parallel->watch, watch_begin(parallel->watch, what, tasks), 0};
    run_queue(parallel, &queue);
    if (!watch_has_stopped(queue.watch)) watch_tell(queue.told, tasks);
    watch_end(queue.told);
}
