/* The library's own threads, shared by all contexts of the process.
 *
 * A call waits for its tasks, never for a thread: a worker that the system runs too late finds no task left and sleeps
 * again. Workers are started by the first call that has tasks for them, and end with the last context that uses them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PARALLEL_POOL_H
#define SA_PARALLEL_POOL_H

#include <stdint.h>

/* A context begins or ends its use of the pool. The last one ends the threads. Any thread may call these. */
void pool_open(void);
void pool_close(void);

/* task(arg, t, worker) once for every t in 0 .. tasks-1, on the calling thread as worker 0 and up to workers - 1
 * others; returns when all are done. Tasks are claimed one by one in ascending order. If no thread can be started, the
 * calling thread runs all tasks. */
void pool_run(int32_t workers, int64_t tasks, void (*task)(void *arg, int64_t task, int32_t worker), void *arg);

#endif
