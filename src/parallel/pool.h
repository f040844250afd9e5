/* The library's own threads, shared by all contexts of the process.
 *
 * A call waits for its tasks, never for a thread: a worker that the system has not let run yet finds nothing left to do
 * and goes back to sleep. Workers start with the first call that has tasks for them, and end with the last context that
 * uses them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PARALLEL_POOL_H
#define SA_PARALLEL_POOL_H

#include <stdint.h>

/* A context begins, or ends, to use the pool. The last one ends the threads. Any thread. */
void pool_open(void);
void pool_close(void);

/* task(arg, t, worker) once for every t in 0 .. tasks-1, on the calling thread as worker 0 and up to workers - 1
 * others; returns when all are done. Tasks are claimed one by one in ascending order. Where no thread can be started
 * the calling thread does everything. */
void pool_run(int32_t workers, int64_t tasks, void (*task)(void *arg, int64_t task, int32_t worker), void *arg);

#endif
